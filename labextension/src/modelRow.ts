/** A tuned model in the panel: its name, what it was tuned from, and buttons to copy its id and to delete it. */
import { TranslationBundle } from '@jupyterlab/translation';
import { element, setText } from './element.js';
import { ITunedModel } from './overview.js';
import { PressButton } from './pressButton.js';
import { dateText } from './words.js';

/** Milliseconds for which the button says that the id was copied. */
const THANKS = 2000;

export interface IModelActions {
  copy: (id: string) => Promise<unknown>;
  remove: (id: string) => Promise<unknown>;
}

export class ModelRow {
  readonly node = element('li', 'ftw-row');

  constructor(
    model: ITunedModel,
    private readonly trans: TranslationBundle,
    actions: IModelActions
  ) {
    this.node.dataset.id = model.id;
    this.name.dir = 'auto';
    this.copy = new PressButton(trans.__('Copy id'), async () => {
      await actions.copy(model.id);
      this.copy.node.textContent = trans.__('Copied');
      setTimeout(() => (this.copy.node.textContent = trans.__('Copy id')), THANKS);
    });
    this.copy.node.setAttribute('aria-live', 'polite');
    this.remove = new PressButton(trans.__('Delete'), () => actions.remove(model.id));
    this.node.append(this.name, this.facts, element('div', 'ftw-buttons', this.copy.node, this.remove.node));
    this.update(model);
  }

  update(model: ITunedModel): void {
    if (model === this.model) {
      return;
    }
    this.model = model;
    setText(this.name, model.name);
    this.name.title = `${model.name}\n${model.id}`;
    setText(this.facts, `${this.trans.__('from %1', model.base)} · ${dateText(model.created_at)}`);
    this.copy.node.title = model.id;
    this.remove.node.setAttribute('aria-label', this.trans.__('Delete %1', model.name));
  }

  /** Its id can be copied also while the server is away. */
  setAvailable(available: boolean): void {
    this.remove.setAvailable(available);
  }

  private model: ITunedModel | undefined;
  private readonly name = element('h4');
  private readonly facts = element('div', 'ftw-soft');
  private readonly copy: PressButton;
  private readonly remove: PressButton;
}
