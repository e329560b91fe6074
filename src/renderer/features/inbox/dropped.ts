/**
 * What a set of dropped files can become.
 * @module
 */

/** What a file that holds something to sign is taken for. */
export type Purpose = 'assessments' | 'document';
/** Files that were exported to be signed or sent elsewhere. */
export type ExportPurpose = 'draft' | 'request';

/** Files that become one draft. */
export interface DraftFiles {
  readonly purpose: Purpose | ExportPurpose;
  readonly files: readonly File[];
}

/** What an exported file is, by its name; `null` for any other file. */
export function exportPurpose({ name }: Pick<File, 'name'>): ExportPurpose | null {
  if (/\.csdraft$/i.test(name)) return 'draft';
  return /\.csreq$/i.test(name) ? 'request' : null;
}

/** One upload for each exported file. */
export function exportedFiles(files: readonly File[]): DraftFiles[] {
  return files.flatMap((file) => {
    const purpose = exportPurpose(file);
    return purpose === null ? [] : [{ purpose, files: [file] }];
  });
}

/** Whether a file can be read as a table of assessments, by its name or type. */
export function isTable(file: Pick<File, 'name' | 'type'>): boolean {
  return /\.(csv|tsv|json)$/i.test(file.name) || ['text/csv', 'application/json'].includes(file.type);
}

/** The drafts that `files` become: each table one of its own, all other files together one document request. */
export function draftsAsAssessments(files: readonly File[]): DraftFiles[] {
  const tables = files.filter(isTable);
  const others = files.filter((file) => !isTable(file));
  return [
    ...tables.map((file): DraftFiles => ({ purpose: 'assessments', files: [file] })),
    ...(others.length > 0 ? [{ purpose: 'document', files: others } as const] : []),
  ];
}

/** All `files` together as one document request. */
export function draftsAsDocuments(files: readonly File[]): DraftFiles[] {
  return [{ purpose: 'document', files }];
}
