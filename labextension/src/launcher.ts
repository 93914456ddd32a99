/** The cards in the launcher. */
import { ILauncher } from '@jupyterlab/launcher';
import { TranslationBundle } from '@jupyterlab/translation';
import { CommandIDs } from './commandIds.js';

export function addToLauncher(launcher: ILauncher, trans: TranslationBundle): void {
  const category = trans.__('Fine-tuning');
  launcher.add({ command: CommandIDs.newJob, category, rank: 1 });
  launcher.add({ command: CommandIDs.openPanel, category, rank: 2 });
}
