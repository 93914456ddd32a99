/** Fine-tuning in JupyterLab: the parts, put together. Everything but the application itself is optional. */
import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Api } from './api.js';
import { addCommands, addToPalette } from './commands.js';
import { Feed } from './feed.js';
import { addToLauncher } from './launcher.js';
import { FineTuningModel } from './model.js';
import { newJob } from './newJob.js';
import { notifyOfEnds } from './notify.js';
import { FineTuningPanel } from './panel.js';
import { StatusItem } from './status.js';

const ID = 'ftwidgets-labextension:plugin';

const plugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'A panel of fine-tuning jobs and tuned models.',
  autoStart: true,
  optional: [ICommandPalette, IDefaultFileBrowser, ILauncher, ILayoutRestorer, ISettingRegistry, IStatusBar, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    palette: ICommandPalette | null,
    browser: IDefaultFileBrowser | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    settings: ISettingRegistry | null,
    statusBar: IStatusBar | null,
    translator: ITranslator | null
  ) => {
    const { commands, serviceManager, shell } = app;
    const trans = (translator ?? nullTranslator).load('ftwidgets');
    const model = new FineTuningModel();
    const api = new Api(serviceManager.serverSettings);
    const feed = new Feed({ api, model });
    const openPanel = () => shell.activateById(FineTuningPanel.ID);
    const folder = () => browser?.model.path ?? '';
    const makeNotebook = (cwd?: string) => newJob(serviceManager, commands, cwd ?? folder());
    addCommands({ commands, model, api, feed, trans, openPanel, newJob: makeNotebook });
    if (palette) {
      addToPalette(palette, trans);
    }
    if (launcher) {
      addToLauncher(launcher, trans);
    }
    const panel = new FineTuningPanel({ model, commands, trans, checkAgain: () => feed.connect() });
    shell.add(panel, 'left', { rank: 600 });
    restorer?.add(panel, FineTuningPanel.ID);

    const item = new StatusItem(model, trans, openPanel);
    statusBar?.registerStatusItem(`${ID}:status`, { item, align: 'left', rank: 10 });

    const wanted = { notifications: true };
    notifyOfEnds(model, trans, () => wanted.notifications, openPanel);
    void settings?.load(ID).then(loaded => {
      const read = () => {
        item.wanted = loaded.get('statusBar').composite !== false;
        wanted.notifications = loaded.get('notifications').composite !== false;
      };
      loaded.changed.connect(read);
      read();
    });
  }
};

export default plugin;
