/**
 * The licences of what was bundled, beside it: whoever hands the program on hands them on too.
 * @module
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** Name of the file in each folder of `out/`. */
export const LICENCES_FILE = 'THIRD-PARTY-LICENCES.txt';

interface PackageFile {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** Writes `LICENCES_FILE` beside the bundles. A package without a licence fails the build. */
export function licences(): Plugin {
  return {
    name: 'countersign:licences',
    async generateBundle() {
      const folders = new Set([...this.getModuleIds()].flatMap(packageFolder));
      const texts = await Promise.all([...folders].sort().map(licenceOf));
      if (texts.length === 0) return;
      this.emitFile({
        type: 'asset',
        fileName: LICENCES_FILE,
        source: `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`,
      });
    },
  };
}

/** The folder of the package that a module belongs to; none for our own. */
function packageFolder(id: string): string[] {
  const found = /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replaceAll('\\', '/'));
  return found?.[1] === undefined ? [] : [found[1]];
}

async function licenceOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  ) as PackageFile;
  if (license === undefined) throw new Error(`${name} ${version} does not say under which licence it is`);
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e(\.(md|txt))?$/i.test(entry));
  const text = file === undefined ? '' : `\n\n${(await readFile(join(folder, file), 'utf8')).trim()}`;
  return `${name} ${version}: ${license}${text}`;
}
