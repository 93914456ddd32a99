/** A job in the panel: name, state, losses, progress, and the buttons that apply. */
import { TranslationBundle } from '@jupyterlab/translation';
import { element, setText } from './element.js';
import { Action, applies, IJob, progress, Status } from './overview.js';
import { PressButton } from './pressButton.js';
import { SparkLine } from './sparkLine.js';
import { dateText, lossText, progressText, stateWord, waitPosition } from './words.js';

const CHIPS: Partial<Record<Status, string>> = {
  validating_files: 'ftw-chip-busy',
  running: 'ftw-chip-busy',
  paused: 'ftw-chip-warning',
  succeeded: 'ftw-chip-ok',
  failed: 'ftw-chip-wrong'
};

/** Does an action; settles when the server has answered. */
export type Act = (action: Action, id: string) => Promise<unknown>;

export class JobRow {
  readonly node = element('li', 'ftw-row');

  constructor(
    job: IJob,
    private readonly trans: TranslationBundle,
    act: Act
  ) {
    this.node.tabIndex = -1; // where the focus goes when the button that had it is no longer there
    this.node.dataset.id = job.id;
    this.chart = new SparkLine(trans);
    this.name.dir = 'auto';
    this.error.dir = 'auto';
    this.buttons = {
      pause: new PressButton(trans.__('Pause'), () => act('pause', job.id)),
      resume: new PressButton(trans.__('Resume'), () => act('resume', job.id)),
      cancel: new PressButton(trans.__('Cancel'), () => act('cancel', job.id))
    };
    const bar = element('div', 'ftw-progress', this.bar, this.done);
    this.losses.append(this.train, this.valid);
    this.buttonRow.append(...Object.values(this.buttons).map(({ node }) => node));
    const head = element('div', 'ftw-line ftw-row-head', this.name, this.chip);
    this.node.append(head, this.facts, bar, this.chart.node, this.losses, this.error, this.buttonRow);
    this.update(job);
  }

  /** Show a job; one that has not changed is the same object, and costs nothing. */
  update(job: IJob): void {
    if (job === this.job) {
      return;
    }
    this.job = job;
    const trans = this.trans;
    setText(this.name, job.name);
    this.name.title = `${job.name}\n${job.id}`; // a long name is cut after two lines
    setText(this.chip, stateWord(job.status, trans));
    this.chip.className = `ftw-chip ${CHIPS[job.status] ?? ''}`;
    const place = job.status === 'queued' && job.waiting !== null ? waitPosition(job.waiting, trans) : dateText(job.created_at);
    setText(this.facts, `${job.model} · ${place}`);
    this.updateProgress(job);
    this.chart.update(job);
    setText(this.train, job.train_loss === null ? '' : trans.__('Training loss %1', lossText(job.train_loss)));
    setText(this.valid, job.valid_loss === null ? '' : trans.__('Validation loss %1', lossText(job.valid_loss)));
    this.losses.hidden = job.train_loss === null && job.valid_loss === null;
    setText(this.error, job.status === 'failed' ? (job.error ?? trans.__('The server gives no reason.')) : '');
    this.updateButtons(job);
  }

  setAvailable(available: boolean): void {
    Object.values(this.buttons).forEach(one => one.setAvailable(available));
  }

  private updateProgress(job: IJob): void {
    const shown = job.status === 'running' || (job.status === 'paused' && job.step > 0);
    const share = progress(job);
    this.bar.parentElement!.hidden = !shown;
    setText(this.done, shown ? progressText(job, share, this.trans) : '');
    this.bar.setAttribute('aria-label', this.trans.__('Progress of %1', job.name));
    this.bar.hidden = share === null;
    this.bar.value = share ?? 0;
  }

  private updateButtons(job: IJob): void {
    const focused = this.node.contains(document.activeElement) ? document.activeElement : null;
    const names = {
      pause: this.trans.__('Pause %1', job.name),
      resume: this.trans.__('Resume %1', job.name),
      cancel: this.trans.__('Cancel %1', job.name)
    };
    for (const action of ['pause', 'resume', 'cancel'] as const) {
      this.buttons[action].node.hidden = !applies(action, job);
      this.buttons[action].node.setAttribute('aria-label', names[action]);
    }
    this.buttonRow.hidden = Object.values(this.buttons).every(({ node }) => node.hidden);
    if (focused instanceof HTMLButtonElement && focused.hidden) {
      this.node.focus();
    }
  }

  private job: IJob | undefined;
  private readonly name = element('h4');
  private readonly chip = element('span', 'ftw-chip');
  private readonly facts = element('div', 'ftw-soft');
  private readonly bar = element('progress');
  private readonly done = element('span');
  private readonly chart: SparkLine;
  private readonly losses = element('div', 'ftw-losses');
  private readonly train = element('span', 'ftw-key ftw-key-train');
  private readonly valid = element('span', 'ftw-key ftw-key-valid');
  private readonly error = element('p', 'ftw-wrong ftw-error');
  private readonly buttonRow = element('div', 'ftw-buttons');
  private readonly buttons: Record<Action, PressButton>;
}
