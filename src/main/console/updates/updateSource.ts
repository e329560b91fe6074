/**
 * Where a build looks for releases and whom it believes: a file that is put beside the bundles when packages are made
 * (`npm run dist -- --updates FILE`), so that nobody can change it without changing the program (SECURITY.md, 16).
 * @module
 */
import { z } from 'zod';
import { CountersignError, hasCode } from '../../../shared/errors.ts';
import { PUBLIC_KEY_BYTES } from '../../keys/ed25519.ts';
import { readTextFile } from '../../storage/readFile.ts';
import type { ReleaseTrust } from './checkManifest.ts';
import { PACKAGE_URL_CHARS_MAX, RELEASE_KEYS_MAX, hex, isHttps } from './manifest.ts';

/** Name of the file, in the folder of the built main process. */
export const SOURCE_FILE = 'updates.json';
/** Most bytes of it. */
export const SOURCE_BYTES_MAX = 16_384;

const sourceSchema = z
  .strictObject({
    format: z.literal(1),
    /** Of the signed description of the newest release. */
    url: z.string().max(PACKAGE_URL_CHARS_MAX).refine(isHttps, 'must be an https address'),
    keys: z.array(hex(PUBLIC_KEY_BYTES)).min(1).max(RELEASE_KEYS_MAX),
    threshold: z.int().positive(),
  })
  .refine(({ keys }) => new Set(keys).size === keys.length, 'names a key twice')
  .refine(({ keys, threshold }) => threshold <= keys.length, 'needs more keys than there are');

export interface UpdateSource extends ReleaseTrust {
  readonly url: string;
}

/** The source in the text of a file at `path`. Throws `update.sourceMalformed`. */
export function parseSource(path: string, text: string): UpdateSource {
  try {
    const { url, keys, threshold } = sourceSchema.parse(JSON.parse(text));
    return { url, keys, threshold };
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : [];
    const problem =
      issue === undefined ? 'it is not JSON' : `${issue.path.join('.')} ${issue.message}`.trimStart();
    throw new CountersignError('update.sourceMalformed', { path, problem }, { cause: error });
  }
}

/** The source of the build at `path`; `null` for a build without. Throws `update.sourceMalformed` and `file.unreadable`. */
export async function readSource(path: string): Promise<UpdateSource | null> {
  try {
    return parseSource(path, await readTextFile(path, SOURCE_BYTES_MAX));
  } catch (error) {
    if (hasCode(error, 'file.notFound')) return null;
    throw error;
  }
}
