/** The item in the status bar: how many jobs are unfinished, how far the running one is, and its loss. */
import { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { FineTuningModel } from './model.js';
import { IJob, isActive, progress } from './overview.js';
import { lossText, percentText } from './words.js';

export class StatusItem extends Widget {
  constructor(
    private readonly model: FineTuningModel,
    private readonly trans: TranslationBundle,
    openPanel: () => void
  ) {
    super({ node: document.createElement('button') });
    this.addClass('ftw-lab-status');
    this.node.title = trans.__('Open the fine-tuning panel');
    this.node.addEventListener('click', openPanel);
    model.changed.connect(this.refresh, this);
    this.refresh();
  }

  dispose(): void {
    this.model.changed.disconnect(this.refresh, this);
    super.dispose();
  }

  /** Whether the reader wants to see it. */
  get wanted(): boolean {
    return this._wanted;
  }

  set wanted(wanted: boolean) {
    this._wanted = wanted;
    this.refresh();
  }

  private refresh(): void {
    const text = this.model.connection === 'live' ? statusText(this.model.jobs, this.trans) : '';
    if (this.node.textContent !== text) {
      this.node.textContent = text;
    }
    this.setHidden(!this._wanted || text === '');
  }

  private _wanted = true;
}

/** Return `1 job 63 %, loss 0.31`, or nothing when no job is running or waiting. */
export function statusText(jobs: readonly IJob[], trans: TranslationBundle): string {
  const active = jobs.filter(isActive);
  if (active.length === 0) {
    return '';
  }
  const count = trans._n('%1 job', '%1 jobs', active.length);
  const running = active.find(job => job.status === 'running');
  if (!running) {
    return trans.__('%1 waiting', count);
  }
  const share = progress(running);
  const loss = running.train_loss === null ? '' : trans.__('loss %1', lossText(running.train_loss));
  return [share === null ? count : `${count} ${percentText(share, trans)}`, loss].filter(Boolean).join(', ');
}
