/** What stands in place of the lists while the server half cannot be used: why, and what to type. */
import { TranslationBundle } from '@jupyterlab/translation';
import { Obstacle } from './api.js';
import { element } from './element.js';
import { PressButton } from './pressButton.js';

const INSTALL = 'pip install --upgrade "ftwidgets[lab]"';

export class ObstacleCard {
  readonly node = element('div', 'ftw-card ftw-card-warning');

  constructor(
    private readonly trans: TranslationBundle,
    checkAgain: () => void
  ) {
    const again = new PressButton(trans.__('Check again'), async () => checkAgain());
    this.node.append(this.title, this.reason, this.steps, element('div', 'ftw-buttons', again.node));
  }

  update(obstacle: Obstacle, version: string | null): void {
    const trans = this.trans;
    const titles: Record<Obstacle, string> = {
      missing: trans.__('The server part of ftwidgets is not running'),
      older: trans.__('The server part of ftwidgets has another version'),
      forbidden: trans.__('Jupyter Server did not let you in')
    };
    const reasons: Record<Obstacle, string> = {
      missing: trans.__('This panel needs ftwidgets in the environment from which JupyterLab was started.'),
      older: version
        ? trans.__('It is version %1, which does not list the jobs in the way that this panel reads.', version)
        : trans.__('It does not list the jobs in the way that this panel reads.'),
      forbidden: trans.__('It answered 403. Reload this page and log in again, or ask whoever runs the server.')
    };
    this.title.textContent = titles[obstacle];
    this.reason.textContent = reasons[obstacle];
    this.steps.hidden = obstacle === 'forbidden';
    const command = element('pre', '', INSTALL);
    this.steps.replaceChildren(
      element('p', '', trans.__('In a terminal, in that environment:')),
      command,
      element('p', '', trans.__('Then restart JupyterLab and reload this page.'))
    );
  }

  private readonly title = element('h3');
  private readonly reason = element('p');
  private readonly steps = element('div');
}
