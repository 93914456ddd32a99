/** Our icon: a loss curve that falls. Its classes let JupyterLab's themes colour it. */
import { LabIcon } from '@jupyterlab/ui-components';

export const fineTuningIcon = new LabIcon({
  name: 'ftwidgets:fine-tuning',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <path class="jp-icon3" fill="#616161" d="M3 3h2v16h16v2H3z"/>
  <g fill="none"><path class="jp-icon3" stroke="#616161" stroke-width="2.4" stroke-linecap="round" d="M8 5c1 8 4 10 12 10.4"/></g>
  <circle class="jp-icon3" fill="#616161" cx="19.6" cy="15.4" r="2.4"/>
</svg>`
});
