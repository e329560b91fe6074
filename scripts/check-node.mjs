/**
 * Refuses to go on with a Node that cannot run Countersign, and says how to get one that can.
 *
 * `npm ci` brings Node 24 as an optional dependency on the platforms that have such a package, and `npm run`
 * finds it before the one outside. Elsewhere (macOS, a run without optional packages) the Node on PATH is used.
 *
 * @module
 */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const NODE_MIN = [24, 18, 0];

/**
 * @param {string} version such as "24.21.0"
 * @returns {boolean} whether this version is at least NODE_MIN
 */
export function isNewEnough(version) {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10));
  for (const [i, least] of NODE_MIN.entries()) {
    const part = parts[i] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}

/** Prints a message and ends the process with code 1 when the running Node is too old. */
export async function checkNode() {
  if (!isNewEnough(process.versions.node)) {
    console.error(
      [
        `Countersign needs Node ${NODE_MIN.join('.')} or newer; this is Node ${process.versions.node}`,
        `  (${process.execPath}).`,
        'On Linux (x64, arm64) and Windows (x64), `npm ci` brings a suitable Node and `npm run …` uses it:',
        '  run it without --omit=optional, then use `npm start`, `npm test`, `npm run …`.',
        'Elsewhere, install Node 24 from https://nodejs.org and put it first on PATH.',
      ].join('\n'),
    );
    process.exit(1);
  }
  try {
    await import('node:sqlite');
  } catch {
    console.error(
      'Countersign needs node:sqlite, which this Node does not offer. Is --no-experimental-sqlite set?',
    );
    process.exit(1);
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await checkNode();
}
