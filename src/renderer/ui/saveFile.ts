/**
 * Hands a text to the person as a file.
 * @module
 */

/** Long enough for the browser to take the file over. */
const KEEP_URL_MS = 60_000;

/** Offers `text` for download as `fileName`. */
export function saveFile(fileName: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_URL_MS);
}
