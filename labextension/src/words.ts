/** Numbers and states in words. */
import { TranslationBundle } from '@jupyterlab/translation';
import { IJob, Status } from './overview.js';

/** Below this a loss says no more than that it is very small. */
const SMALLEST_LOSS = 0.0001;

/** Made once: a new one for each of 500 rows takes longer than all the rest of them. */
const DATES = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

/** Return the state of a job in a word; one that we do not know is shown as the server calls it. */
export function stateWord(status: Status, trans: TranslationBundle): string {
  const words: Record<Status, string> = {
    validating_files: trans.__('checking files'),
    queued: trans.__('queued'),
    running: trans.__('running'),
    paused: trans.__('paused'),
    succeeded: trans.__('succeeded'),
    failed: trans.__('failed'),
    cancelled: trans.__('cancelled')
  };
  return words[status] ?? String(status);
}

/** Return a loss with two decimals, or with two digits where it is small. */
export function lossText(loss: number): string {
  if (loss !== 0 && loss < SMALLEST_LOSS) {
    return `< ${SMALLEST_LOSS}`;
  }
  return loss >= 0.1 || loss === 0 ? loss.toFixed(2) : loss.toPrecision(2);
}

/** Return a whole percentage; 100 only when every step is made. */
export function percentText(share: number, trans: TranslationBundle): string {
  return trans.__('%1 %', Math.floor(100 * share));
}

/** Return how long a job will still take: seconds below 90, then minutes, then hours. */
export function timeLeft(seconds: number, trans: TranslationBundle): string {
  if (seconds < 90) {
    return trans.__('about %1 s left', Math.ceil(seconds));
  }
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? trans.__('about %1 min left', minutes) : trans.__('about %1 h left', (minutes / 60).toFixed(1));
}

/** Return the place of a job in the queue. */
export function waitPosition(before: number, trans: TranslationBundle): string {
  return before > 0 ? trans._n('%1 job before it', '%1 jobs before it', before) : trans.__('next in the queue');
}

/** Return a date and a time, in the reader's own way of writing them. */
export function dateText(seconds: number): string {
  return DATES.format(1000 * seconds);
}

/** Return how far a job is: percentage or step, and the time left. */
export function progressText(job: IJob, share: number | null, trans: TranslationBundle): string {
  const made = share === null ? trans.__('step %1', job.step) : percentText(share, trans);
  const left = job.status === 'running' && job.seconds_left !== null ? timeLeft(job.seconds_left, trans) : '';
  return [made, left].filter(Boolean).join(', ');
}
