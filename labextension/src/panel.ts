/** The panel on the left: jobs and tuned models, also with no notebook open. */
import { TranslationBundle } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { CommandIDs } from './commandIds.js';
import { element, setText } from './element.js';
import { fineTuningIcon } from './icon.js';
import { JobRow } from './jobRow.js';
import { Connection, FineTuningModel } from './model.js';
import { ModelRow } from './modelRow.js';
import { ObstacleCard } from './obstacle.js';
import { IJob, ITunedModel } from './overview.js';
import { PressButton } from './pressButton.js';
import { RowList } from './rowList.js';

/** Milliseconds for which the panel says that the server is back. */
const BACK_SHOWN = 5000;

export interface IPanelOptions {
  model: FineTuningModel;
  commands: CommandRegistry;
  trans: TranslationBundle;
  /** Ask the server again, at the reader's wish. */
  checkAgain: () => void;
}

export class FineTuningPanel extends Widget {
  static readonly ID = 'ftwidgets-panel';

  constructor(private readonly options: IPanelOptions) {
    super();
    const { model, trans, commands } = options;
    this.id = FineTuningPanel.ID;
    this.addClass('ftw-live');
    this.addClass('ftw-lab-panel');
    this.title.icon = fineTuningIcon;
    this.title.caption = trans.__('Fine-tuning');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Fine-tuning'));
    this.jobs = new RowList<IJob>(
      job => new JobRow(job, trans, (action, id) => commands.execute(CommandIDs[action], { id }))
    );
    const actions = {
      copy: (id: string) => commands.execute(CommandIDs.copyModelId, { id }),
      remove: (id: string) => commands.execute(CommandIDs.deleteModel, { id })
    };
    this.models = new RowList<ITunedModel>(tuned => new ModelRow(tuned, trans, actions));
    this.obstacle = new ObstacleCard(trans, options.checkAgain);
    this.notice.setAttribute('role', 'status');
    this.build();
    model.changed.connect(this.onChanged, this);
    this.refresh();
  }

  dispose(): void {
    clearTimeout(this.fading);
    this.options.model.changed.disconnect(this.onChanged, this);
    super.dispose();
  }

  /** What changed while the panel was not seen is drawn when it is. */
  protected onBeforeShow(message: Message): void {
    super.onBeforeShow(message);
    this.refresh();
  }

  private build(): void {
    const { trans, commands } = this.options;
    const start = () => commands.execute(CommandIDs.newJob);
    const create = new PressButton(trans.__('New job'), start);
    const head = element('header', 'ftw-line', element('h2', '', trans.__('Fine-tuning')), create.node);
    const own = new PressButton(trans.__('My own data'), start);
    this.noJobs.append(
      element('p', '', trans.__('No jobs yet. Open a lesson and run it, or train on a table of your own:')),
      element('div', 'ftw-buttons', own.node),
      element('p', '', trans.__('This makes a notebook with ftwidgets.Studio in it, which leads you from the table to a model.'))
    );
    this.noModels.append(element('p', '', trans.__('No tuned models yet. When a job succeeds, its model appears here.')));
    this.lists.append(
      section(trans.__('Jobs'), this.jobCount, this.noJobs, this.jobs.node),
      section(trans.__('Tuned models'), this.modelCount, this.noModels, this.models.node)
    );
    this.connecting.textContent = trans.__('Connecting to the server');
    const body = element('div', 'ftw-lab-body', this.connecting, this.obstacle.node, this.lists);
    this.node.append(head, body, this.notice);
  }

  private onChanged(): void {
    if (this.isVisible) {
      this.refresh();
    }
  }

  private refresh(): void {
    const { model } = this.options;
    const { connection } = model;
    const blocked = connection === 'missing' || connection === 'older' || connection === 'forbidden';
    const known = connection === 'live' || model.jobs.length + model.models.length > 0;
    this.connecting.hidden = connection !== 'connecting';
    this.obstacle.node.hidden = !blocked;
    this.lists.hidden = !known;
    if (blocked) {
      this.obstacle.update(connection, model.version);
    }
    this.jobs.update(model.jobs);
    this.models.update(model.models);
    if (connection !== this.shown) {
      this.lists.classList.toggle('ftw-lab-earlier', connection !== 'live');
      this.jobs.setAvailable(connection === 'live');
      this.models.setAvailable(connection === 'live');
    }
    setText(this.jobCount, model.jobs.length ? String(model.jobs.length) : '');
    setText(this.modelCount, model.models.length ? String(model.models.length) : '');
    this.noJobs.hidden = model.jobs.length > 0;
    this.noModels.hidden = model.models.length > 0;
    this.showNotice(connection, known);
  }

  /** Say at the foot of the panel, where nothing moves, that the server has gone or is back. */
  private showNotice(connection: Connection, known: boolean): void {
    const { trans } = this.options;
    if (connection === this.shown) {
      return;
    }
    clearTimeout(this.fading);
    if (connection === 'lost') {
      this.notice.className = 'ftw-lab-notice ftw-warning';
      const gone = trans.__('Jupyter Server does not answer. Trying again.');
      setText(this.notice, known ? `${gone} ${trans.__('Above is what it said last.')}` : gone);
    } else if (connection === 'live' && this.shown === 'lost') {
      this.notice.className = 'ftw-lab-notice ftw-ok';
      setText(this.notice, trans.__('Jupyter Server is back.'));
      this.fading = window.setTimeout(() => setText(this.notice, ''), BACK_SHOWN);
    } else {
      setText(this.notice, '');
    }
    this.shown = connection;
  }

  private readonly jobs: RowList<IJob>;
  private readonly models: RowList<ITunedModel>;
  private readonly obstacle: ObstacleCard;
  private readonly connecting = element('p', 'ftw-soft ftw-loading');
  private readonly lists = element('div');
  private readonly jobCount = element('span', 'ftw-count');
  private readonly modelCount = element('span', 'ftw-count');
  private readonly noJobs = element('div', 'ftw-empty');
  private readonly noModels = element('div', 'ftw-empty');
  private readonly notice = element('div', 'ftw-lab-notice');
  private shown: Connection | undefined;
  private fading: number | undefined;
}

/** A part of the panel that can be folded, with its heading and how much is in it. */
function section(title: string, count: HTMLElement, ...content: Node[]): HTMLElement {
  const made = element('details', 'ftw-section', element('summary', '', element('h3', '', title), ' ', count), ...content);
  made.open = true;
  return made;
}
