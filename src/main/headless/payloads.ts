/**
 * What a command signs: tables become batches of assessments, other files are named in a document request.
 * @module
 */
import { basename, extname } from 'node:path';
import type { Decision, Payload } from '../../shared/domain/payload.ts';
import { CountersignError, hasCode } from '../../shared/errors.ts';
import { ASSESSMENTS_FILE_BYTES_MAX } from '../../shared/contract/channels.ts';
import { documentFile } from '../client/documentFile.ts';
import { NAME_CHARS_MAX } from '../ledger/limits.ts';
import { parseAssessments } from '../console/import/parseAssessments.ts';
import { readBinaryFile } from '../storage/index.ts';
import type { Output } from './output.ts';

export interface PayloadOptions {
  readonly as?: 'assessments' | 'document';
  readonly title?: string;
  readonly remark: string;
  readonly decision: Decision;
}

const TABLES: ReadonlySet<string> = new Set(['.csv', '.tsv', '.json']);

/** One payload for each table, and one for all other files together. Throws `import.*` and `file.*`. */
export async function payloadsOf(
  paths: readonly string[],
  options: PayloadOptions,
  output: Output,
): Promise<readonly Payload[]> {
  const isTable = (path: string): boolean =>
    options.as === undefined ? TABLES.has(extname(path).toLowerCase()) : options.as === 'assessments';
  const tables = paths.filter(isTable);
  const documents = paths.filter((path) => !isTable(path));
  const payloads: Payload[] = [];
  for (const path of tables) payloads.push(await assessmentsOf(path, options));
  if (documents.length > 0) payloads.push(await documentsOf(documents, options, output));
  return payloads;
}

async function assessmentsOf(path: string, { title, remark }: PayloadOptions): Promise<Payload> {
  const name = basename(path);
  const bytes = await readTable(path, name);
  const { columns, records } = parseAssessments({ name, bytes });
  return { kind: 'assessments', title: title ?? name, remark, columns, records };
}

async function documentsOf(
  paths: readonly string[],
  options: PayloadOptions,
  output: Output,
): Promise<Payload> {
  const files = [];
  for (const path of paths) {
    const PROGRESS_BYTES = 64 * 1024 * 1024;
    files.push(
      await documentFile(path, (bytes) => {
        if (bytes % PROGRESS_BYTES === 0) output.progress(`reading ${path}: ${String(bytes)} bytes`);
      }),
    );
  }
  const { title, decision, remark } = options;
  return {
    kind: 'document',
    title:
      title ??
      files
        .map(({ name }) => name)
        .join(', ')
        .slice(0, NAME_CHARS_MAX)
        // The cut may have halved a character.
        .toWellFormed(),
    decision,
    remark,
    files,
  };
}

async function readTable(path: string, name: string): Promise<Uint8Array> {
  try {
    return await readBinaryFile(path, ASSESSMENTS_FILE_BYTES_MAX);
  } catch (error) {
    throw hasCode(error, 'encoding.tooLarge')
      ? new CountersignError('import.tooLarge', { name, ...error.data })
      : error;
  }
}
