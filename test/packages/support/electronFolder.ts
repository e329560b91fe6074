/**
 * A folder in the shape of an unpacked Electron for Linux, for packing without the network: what is packed into it, and
 * how its fuses are set, is real; the program in it is none.
 * @module
 */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Marks the place of the fuses in Electron's program (docs of `@electron/fuses`). */
const FUSE_SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const FUSE_SCHEMA_VERSION = 1;

/** Fuses in the order of the program, as schema 1 has them. */
export const FUSES = [
  'RunAsNode',
  'EnableCookieEncryption',
  'EnableNodeOptionsEnvironmentVariable',
  'EnableNodeCliInspectArguments',
  'EnableEmbeddedAsarIntegrityValidation',
  'OnlyLoadAppFromAsar',
  'LoadBrowserProcessSpecificV8Snapshot',
  'GrantFileProtocolExtraPrivileges',
] as const;
export type FuseStates = Record<(typeof FUSES)[number], boolean>;

/** As Electron is delivered: what a fuse protects from is possible. */
const DELIVERED = '10110001';

/** Makes the folder. */
export async function makeElectronFolder(folder: string): Promise<void> {
  await mkdir(join(folder, 'locales'), { recursive: true });
  await mkdir(join(folder, 'resources'));
  const program = Buffer.concat([
    Buffer.from('\x7fELF\0\0\0\0', 'latin1'),
    Buffer.from(FUSE_SENTINEL, 'latin1'),
    Buffer.from([FUSE_SCHEMA_VERSION, FUSES.length]),
    Buffer.from(DELIVERED, 'latin1'),
    Buffer.alloc(64),
  ]);
  await writeFile(join(folder, 'electron'), program);
  await chmod(join(folder, 'electron'), 0o755);
  for (const name of ['en-US', 'zh-CN', 'de']) await writeFile(join(folder, 'locales', `${name}.pak`), name);
}

/** How the fuses of a program are set. */
export async function readFuses(program: string): Promise<FuseStates> {
  const bytes = await readFile(program);
  const start = bytes.indexOf(FUSE_SENTINEL) + FUSE_SENTINEL.length;
  const states = bytes.subarray(start + 2, start + 2 + FUSES.length).toString('latin1');
  return Object.fromEntries(FUSES.map((name, index) => [name, states[index] === '1'])) as FuseStates;
}
