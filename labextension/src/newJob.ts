/** Makes a notebook with the studio in it, beside the files that the reader looks at, and runs it. */
import { NotebookActions, NotebookPanel } from '@jupyterlab/notebook';
import { ServiceManager } from '@jupyterlab/services';
import { CommandRegistry } from '@lumino/commands';

const CELL = 'import ftwidgets\n\nclient = ftwidgets.connect()\nftwidgets.Studio(client)';

export async function newJob(services: ServiceManager.IManager, commands: CommandRegistry, folder: string): Promise<void> {
  const { contents } = services;
  const { path } = await contents.newUntitled({ path: folder, type: 'notebook' });
  await contents.save(path, { type: 'notebook', format: 'json', content: await notebook(services) });
  const panel = await commands.execute('docmanager:open', { path, factory: 'Notebook' });
  if (!(panel instanceof NotebookPanel)) {
    return; // Notebook 7 opens it in another tab of the browser, where the reader runs it
  }
  await panel.context.ready;
  await panel.sessionContext.ready;
  if (panel.sessionContext.session?.kernel) {
    await NotebookActions.runAll(panel.content, panel.sessionContext);
  }
}

async function notebook(services: ServiceManager.IManager): Promise<object> {
  await services.kernelspecs.ready;
  const specs = services.kernelspecs.specs;
  const all = Object.values(specs?.kernelspecs ?? {}).filter(spec => spec?.language === 'python');
  const spec = all.find(spec => spec!.name === specs!.default) ?? all[0];
  const kernelspec = spec && { name: spec.name, display_name: spec.display_name, language: spec.language };
  const cell = { cell_type: 'code', id: 'my-own-data', metadata: {}, source: CELL, outputs: [], execution_count: null };
  return { cells: [cell], metadata: kernelspec ? { kernelspec } : {}, nbformat: 4, nbformat_minor: 5 };
}
