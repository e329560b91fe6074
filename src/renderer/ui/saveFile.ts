/**
 * Hands a text or bytes to the person as a file.
 * @module
 */

/** Long enough for the browser to take the file over. */
const KEEP_URL_MS = 60_000;

/** Offers `content` for download as `fileName`. */
export function saveFile(fileName: string, content: string | Uint8Array<ArrayBuffer>): void {
  const url = URL.createObjectURL(new Blob([content], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_URL_MS);
}
