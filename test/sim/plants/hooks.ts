/**
 * Changes source as it is loaded. Only modules that are imported afterwards are changed.
 * @module
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Change, Plant } from './plants.ts';

const root = join(import.meta.dirname, '../../..');

/** The text with all changes made. Throws where one does not fit: the source has moved on. */
export function changed(text: string, changes: readonly Change[]): string {
  return changes.reduce((before, { file, find, replace }) => {
    const parts = before.split(find);
    if (parts.length !== 2) throw new Error(`${file} holds ${String(parts.length - 1)} times: ${find}`);
    return parts.join(replace);
  }, text);
}

/** From now on modules are loaded with the bug in them. */
export function plant({ changes }: Plant): void {
  const byUrl = new Map<string, Change[]>();
  for (const change of changes) {
    const url = pathToFileURL(join(root, change.file)).href;
    byUrl.set(url, [...(byUrl.get(url) ?? []), change]);
  }
  registerHooks({
    load: (url, context, nextLoad) => {
      const wanted = byUrl.get(url);
      if (wanted === undefined) return nextLoad(url, context);
      const source = changed(readFileSync(fileURLToPath(url), 'utf8'), wanted);
      return { format: 'module-typescript', source, shortCircuit: true };
    },
  });
}
