// Puts the project's style sheets into style/design.css, for JupyterLab alone; ftwidgets/design/__init__.py does the same for widgets.
import { readFileSync, writeFileSync } from 'node:fs';

const read = name => readFileSync(new URL(`../ftwidgets/design/${name}.css`, import.meta.url), 'utf8');
const dark = read('dark').replaceAll('.ftw-dark', '[data-jp-theme-light="false"] :is(.ftw-panel, .ftw-live, .ftw-static)');
writeFileSync(new URL('style/design.css', import.meta.url), read('tokens') + dark + read('parts'));
