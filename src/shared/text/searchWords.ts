/**
 * Words as a search knows them: how a text falls apart into them, how two spellings count as one, and where in a text
 * what was looked for stands. The index and the check of what it finds both go by this module.
 *
 * Writing with spaces is taken by whole words. Writing without them (Chinese, Japanese, Thai …) is a run of characters
 * in which any part can be looked for, however short: the index holds each pair of neighbours, so a word of two
 * characters is one entry of it, and a single character is the beginning of a pair.
 * @module
 */

/** Longest part of a word that the index tells apart, in UTF-16 code units. What is found is compared as a whole. */
export const TERM_CHARS_MAX = 64;

/** A stretch of a text in one kind of writing. Positions are UTF-16 code units of the text. */
export type Run =
  | { readonly kind: 'word'; readonly word: string; readonly start: number; readonly end: number }
  | { readonly kind: 'unspaced'; readonly characters: readonly Character[] };

interface Character {
  readonly folded: string;
  readonly start: number;
  readonly end: number;
}

/** A part of what is looked for: a word, the beginning of one, or characters next to each other. */
export type Piece =
  | { readonly kind: 'word'; readonly word: string; readonly isPrefix: boolean }
  | { readonly kind: 'unspaced'; readonly characters: readonly string[] };

/** Part of a text that matches, from `start` up to but not including `end`, in UTF-16 code units. */
export interface Mark {
  readonly start: number;
  readonly end: number;
}

/** Characters that do not show part nothing: what was hidden in a word does not hide it from a search. */
const LETTERS = /[\p{L}\p{N}\p{M}\p{Default_Ignorable_Code_Point}]+/gu;
const IGNORED = /\p{Default_Ignorable_Code_Point}/gu;
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Bopomofo}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** Accents of the European scripts: a word is found with them and without. */
const ACCENTS = /[\u0300-\u036F]/g;
const NEITHER_LETTER_NOR_DIGIT = /[^\p{L}\p{N}\p{M}]/gu;

/** One spelling for all that count as one: width, case, accents and compatibility forms do not matter. */
export function fold(text: string): string {
  const bare = text.replace(IGNORED, '').normalize('NFKD').toLowerCase().replace(ACCENTS, '');
  return bare.normalize('NFKC').replace(NEITHER_LETTER_NOR_DIGIT, '');
}

/** The stretches of `text`, in order. What is neither letter nor digit parts them. */
export function runsOf(text: string): Run[] {
  const runs: Run[] = [];
  for (const { 0: letters, index } of text.matchAll(LETTERS)) pushRuns(runs, letters, index);
  return runs;
}

function pushRuns(runs: Run[], letters: string, offset: number): void {
  let characters: Character[] = [];
  let wordStart = offset;
  let at = offset;
  const endWord = (): void => {
    const word = fold(letters.slice(wordStart - offset, at - offset));
    if (word !== '') runs.push({ kind: 'word', word, start: wordStart, end: at });
  };
  const endUnspaced = (): void => {
    if (characters.length > 0) runs.push({ kind: 'unspaced', characters });
    characters = [];
  };
  for (const character of letters) {
    const end = at + character.length;
    if (character.search(IGNORED) === 0) {
      // Belongs to whatever it stands in.
      at = end;
      continue;
    }
    if (UNSPACED.test(character)) {
      endWord();
      const folded = fold(character);
      if (folded !== '') characters.push({ folded, start: at, end });
      wordStart = end;
    } else endUnspaced();
    at = end;
  }
  endWord();
  endUnspaced();
}

/**
 * What the words of a query ask for. The last word counts as the beginning of one while it is being typed: until
 * something that parts words follows it.
 */
export function piecesOf(query: string): Piece[] {
  return runsOf(query).map((run) =>
    run.kind === 'word'
      ? { kind: 'word', word: run.word, isPrefix: run.end === query.length }
      : { kind: 'unspaced', characters: run.characters.map(({ folded }) => folded) },
  );
}

/** Adds to `terms` what the index holds of `text`. */
export function addTerms(terms: Set<string>, text: string): void {
  for (const run of runsOf(text)) {
    if (run.kind === 'word') terms.add(termOf(run.word));
    else {
      const { characters } = run;
      for (const [index, { folded }] of characters.entries()) {
        terms.add(folded + (characters[index + 1]?.folded ?? ''));
      }
    }
  }
}

/** What to ask the index for: every request that matches `piece` has all of these terms. */
export function termsOf(piece: Piece): readonly { readonly term: string; readonly isPrefix: boolean }[] {
  if (piece.kind === 'word') {
    const isWhole = piece.word.length < TERM_CHARS_MAX;
    return [{ term: termOf(piece.word), isPrefix: piece.isPrefix && isWhole }];
  }
  const { characters } = piece;
  if (characters.length === 1) return [{ term: characters.join(''), isPrefix: true }];
  return characters
    .slice(1)
    .map((character, index) => ({ term: `${characters[index] ?? ''}${character}`, isPrefix: false }));
}

function termOf(word: string): string {
  return word.slice(0, TERM_CHARS_MAX).toWellFormed();
}

/** Where each of `pieces` stands in `text`: as many lists as there are pieces, each in order. */
export function marksOf(text: string, pieces: readonly Piece[]): readonly (readonly Mark[])[] {
  const runs = runsOf(text);
  return pieces.map((piece) => runs.flatMap((run) => marksInRun(run, piece)));
}

function marksInRun(run: Run, piece: Piece): Mark[] {
  if (run.kind === 'word') {
    if (piece.kind !== 'word') return [];
    const matches = piece.isPrefix ? run.word.startsWith(piece.word) : run.word === piece.word;
    if (!matches) return [];
    // Folding can change the length: then the whole word is marked.
    const isCut = piece.word.length < run.word.length && run.word.length === run.end - run.start;
    return [{ start: run.start, end: isCut ? run.start + piece.word.length : run.end }];
  }
  if (piece.kind !== 'unspaced') return [];
  const marks: Mark[] = [];
  const { characters } = run;
  for (let at = 0; at + piece.characters.length <= characters.length; at++) {
    const first = characters[at];
    const last = characters[at + piece.characters.length - 1];
    if (first === undefined || last === undefined) continue;
    if (piece.characters.every((folded, index) => characters[at + index]?.folded === folded)) {
      marks.push({ start: first.start, end: last.end });
    }
  }
  return marks;
}

/** `marks` in order, those that touch or overlap as one. */
export function joinedMarks(marks: readonly Mark[]): Mark[] {
  const joined: Mark[] = [];
  for (const mark of marks.toSorted((left, right) => left.start - right.start)) {
    const last = joined.at(-1);
    if (last === undefined || mark.start > last.end) joined.push(mark);
    else joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, mark.end) };
  }
  return joined;
}
