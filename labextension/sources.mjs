// Finishes the bundle: install.json, and a fingerprint of what it was built from. A test compares that with the sources, so that a
// bundle that was not built again is noticed without node.
import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const here = new URL('./', import.meta.url);
const bundle = new URL('../ftwidgets/labextension/', here);
const inside = folder => readdirSync(new URL(folder, here)).map(name => `labextension/${folder}${name}`);
const sources = [
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'install.json', 'design.mjs', 'rspack.config.cjs'].map(name => `labextension/${name}`),
  ...[...inside('src/'), ...inside('style/'), ...inside('schema/')].filter(name => !name.endsWith('/design.css')),
  ...['tokens', 'dark', 'parts'].map(name => `ftwidgets/design/${name}.css`)
].sort();
const hash = createHash('sha256');
for (const name of sources) {
  hash.update(`${name}\n`).update(readFileSync(new URL(`../${name}`, here)));
}
copyFileSync(new URL('install.json', here), new URL('install.json', bundle));
writeFileSync(new URL('sources.sha256', bundle), `${hash.digest('hex')}\n`);
