/**
 * A text in pieces, those that match marked.
 * @module
 */

/** A piece of a text. */
export interface MarkedPiece {
  readonly text: string;
  readonly marked: boolean;
}

/** `marks` stand in order, apart from each other; what is beyond the text is left out. */
export function markedPieces(
  text: string,
  marks: readonly { readonly start: number; readonly end: number }[],
): MarkedPiece[] {
  const pieces: MarkedPiece[] = [];
  let at = 0;
  const push = (end: number, marked: boolean): void => {
    const piece = text.slice(at, end);
    if (piece !== '') pieces.push({ text: piece, marked });
    at = Math.max(at, end);
  };
  for (const { start, end } of marks) {
    push(start, false);
    push(end, true);
  }
  push(text.length, false);
  return pieces;
}
