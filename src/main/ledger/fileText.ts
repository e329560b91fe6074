/**
 * What files that are accepted to the character have in common: lines of hex, and words for what was changed.
 * @module
 */

/** The digits of `hex` in lines of `lineBytes` bytes. */
export function hexLines(hex: string, lineBytes: number): string[] {
  return hex.match(new RegExp(`.{1,${String(2 * lineBytes)}}`, 'g')) ?? [];
}

/** Why `text` is not `rendered`, which its own content makes, in words that help; `content` names that content. */
export function differenceOf(text: string, rendered: string, content: string): string {
  if (text.replaceAll('\r\n', '\n') === rendered) {
    return 'has other line ends than it was written with: send it as an attachment or an archive';
  }
  if (text.trim() === rendered.trim()) return 'has blanks or lines added or removed at its ends';
  const lines = text.split('\n');
  const line = rendered.split('\n').findIndex((expected, index) => lines[index] !== expected);
  return `was changed: line ${String(line + 1)} is not what ${content} says`;
}
