/** Our commands, and which of them the palette offers. */
import { Clipboard, Dialog, ICommandPalette, Notification, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { Api } from './api.js';
import { CommandIDs } from './commandIds.js';
import { Feed } from './feed.js';
import { fineTuningIcon } from './icon.js';
import { FineTuningModel } from './model.js';
import { Action } from './overview.js';

export interface ICommandOptions {
  commands: CommandRegistry;
  model: FineTuningModel;
  api: Api;
  feed: Feed;
  trans: TranslationBundle;
  openPanel: () => void;
  newJob: (folder?: string) => Promise<void>;
}

const jobCommands: Action[] = ['cancel', 'pause', 'resume'];

export function addCommands(options: ICommandOptions): void {
  const { commands, trans, model } = options;
  commands.addCommand(CommandIDs.openPanel, {
    label: trans.__('Fine-tuning jobs'),
    caption: trans.__('Show the jobs and tuned models'),
    icon: fineTuningIcon,
    execute: options.openPanel
  });
  commands.addCommand(CommandIDs.newJob, {
    label: trans.__('My own data'),
    caption: trans.__('Make a notebook that leads from a table of your own to a tuned model'),
    icon: fineTuningIcon,
    execute: async args => {
      try {
        await options.newJob(text(args, 'cwd'));
      } catch (error) {
        await showErrorMessage(trans.__('The notebook could not be made'), reason(error));
      }
    }
  });
  addJobCommand('cancel', trans.__('Cancel job'), options);
  addJobCommand('pause', trans.__('Pause job'), options);
  addJobCommand('resume', trans.__('Resume job'), options);
  addModelCommands(options);
  let before = '';
  model.changed.connect(() => {
    const now = jobCommands.map(action => model.find(action)?.name ?? '').join('\n') + model.connection;
    if (now !== before) {
      before = now; // not at every step of a job: menus and palette look at all that is on them
      jobCommands.forEach(action => commands.notifyCommandChanged(CommandIDs[action]));
    }
  });
}

export function addToPalette(palette: ICommandPalette, trans: TranslationBundle): void {
  const category = trans.__('Fine-tuning');
  for (const command of [CommandIDs.newJob, CommandIDs.openPanel, CommandIDs.cancel, CommandIDs.pause, CommandIDs.resume]) {
    palette.addItem({ command, category });
  }
}

/** A command on the job `id`; without an id, on the newest job to which it applies. */
function addJobCommand(action: Action, label: string, options: ICommandOptions): void {
  const { commands, model, api, feed, trans } = options;
  commands.addCommand(CommandIDs[action], {
    label: args => {
      const job = model.find(action, text(args, 'id'));
      return job ? `${label}: ${job.name}` : label;
    },
    isEnabled: args => model.connection === 'live' && model.find(action, text(args, 'id')) !== undefined,
    execute: async args => {
      const job = model.find(action, text(args, 'id'));
      if (job) {
        await attempt(() => api.act(action, job.id), trans.__('%1 did not work', label), feed);
      }
    }
  });
}

function addModelCommands({ commands, model, api, feed, trans }: ICommandOptions): void {
  const find = (args: ReadonlyPartialJSONObject) => model.models.find(tuned => tuned.id === text(args, 'id'));
  commands.addCommand(CommandIDs.copyModelId, {
    label: trans.__('Copy model id'),
    isEnabled: args => find(args) !== undefined,
    execute: args => Clipboard.copyToSystem(text(args, 'id') ?? '')
  });
  commands.addCommand(CommandIDs.deleteModel, {
    label: trans.__('Delete model'),
    isEnabled: args => model.connection === 'live' && find(args) !== undefined,
    execute: async args => {
      const tuned = find(args);
      if (!tuned) {
        return;
      }
      const answer = await showDialog({
        title: trans.__('Delete the model?'),
        body: trans.__('"%1" (%2) cannot be brought back: only training again makes it.', tuned.name, tuned.id),
        buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Delete') })]
      });
      if (answer.button.accept) {
        await attempt(() => api.deleteModel(tuned.id), trans.__('The model was not deleted'), feed);
      }
    }
  });
}

/** Ask the server; show what it refuses, and what it has changed. */
async function attempt(ask: () => Promise<void>, failure: string, feed: Feed): Promise<void> {
  try {
    await ask();
  } catch (error) {
    Notification.error(`${failure}: ${reason(error)}`, { autoClose: false });
  }
  await feed.refresh();
}

function text(args: ReadonlyPartialJSONObject, name: string): string | undefined {
  return typeof args[name] === 'string' ? (args[name] as string) : undefined;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
