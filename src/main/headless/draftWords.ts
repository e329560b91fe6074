/**
 * What a signature on a draft says, in words for a terminal: all that the console shows on its review page. Nothing of
 * the draft reaches the terminal as it stands: what does not show is named.
 * @module
 */
import type { Cell, Payload } from '../../shared/domain/payload.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { visibleText } from '../../shared/text/visible.ts';
import type { DraftFile } from '../ledger/draftFile.ts';
import type { Genesis } from '../ledger/genesis.ts';
import { readableJson } from '../ledger/readableJson.ts';
import { actionWords } from './registryWords.ts';

/** Records and files shown; how many more there are is said. */
const ROWS_SHOWN = 5;
/** Widest cell shown, in UTF-16 code units. */
const CELL_CHARS_SHOWN = 24;
/** Longest remark or content of another kind shown, in UTF-16 code units. */
const TEXT_CHARS_SHOWN = 4_000;

/** What the key `signer` would sign: sentence, head of the table, hash; and what the file says beside it. */
export function draftWords(draft: DraftFile, genesis: Genesis, signer: Hex): string {
  const { payload, expectedSigners, note } = draft;
  const known = genesis.supervisors.find(({ publicKey }) => publicKey === signer);
  const waited = expectedSigners.map(({ name, publicKey }) => `  ${visibleText(name)} (${publicKey})`);
  return [
    `Network: ${visibleText(genesis.name)} (${draft.networkId})`,
    known === undefined
      ? `Signer: ${signer}, a key that the genesis does not register`
      : `Signer: ${visibleText(known.name)} (${signer})`,
    '',
    sentenceOf(payload),
    ...detailOf(payload),
    '',
    `Content hash: ${draft.contentHash}`,
    ...(waited.length === 0 ? [] : ['Expected signers:', ...waited]),
    ...(waited.length === 0 || expectedSigners.some(({ publicKey }) => publicKey === signer)
      ? []
      : ['Your key is not among the expected signers.']),
    ...(note === '' ? [] : [`Note, which is not signed: ${shown(note)}`]),
  ].join('\n');
}

function sentenceOf(payload: Payload): string {
  if (payload.kind === 'registry') return `You sign that you ${actionWords(payload.action)}.`;
  const title = `“${visibleText(payload.title)}”`;
  if (payload.kind === 'assessments') {
    return `You sign ${counted(payload.records.length, 'assessment')}, ${title}, as reviewed.`;
  }
  const verb = payload.files.length === 1 ? 'is' : 'are';
  return `You sign that ${counted(payload.files.length, 'document')}, ${title}, ${verb} ${payload.decision}.`;
}

function detailOf(payload: Payload): string[] {
  if (payload.kind === 'assessments') {
    const { columns, records, remark } = payload;
    const rows = [
      columns.map(cellWords),
      ...records.slice(0, ROWS_SHOWN).map((cells) => cells.map(cellWords)),
    ];
    return [...remarkWords(remark), ...tableWords(rows), ...moreWords(records.length, 'record')];
  }
  if ('files' in payload) {
    const { files, remark } = payload;
    const rows = files
      .slice(0, ROWS_SHOWN)
      .map(
        ({ name, sizeBytes, sha256 }) =>
          `  ${visibleText(name)}, ${String(sizeBytes)} bytes, SHA-256 ${sha256}`,
      );
    return [...remarkWords(remark), ...rows, ...moreWords(files.length, 'document')];
  }
  // A kind without words of its own is shown whole: what is signed must be seen.
  return [shown(readableJson(payload))];
}

function remarkWords(remark: string): string[] {
  return remark === '' ? [] : [`Remark: ${shown(remark)}`];
}

function tableWords(rows: readonly (readonly string[])[]): string[] {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((cells) => (cells[column] ?? '').length)));
  return rows.map((cells) =>
    `  ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}

function moreWords(count: number, word: string): string[] {
  return count > ROWS_SHOWN ? [`  … and ${counted(count - ROWS_SHOWN, `more ${word}`)}`] : [];
}

function cellWords(cell: Cell): string {
  const text = cell === null ? '–' : typeof cell === 'object' ? cell.number : String(cell);
  return clipped(visibleText(text), CELL_CHARS_SHOWN);
}

/** Text of several lines, of which the further ones are indented. */
function shown(text: string): string {
  return clipped(visibleText(text, { layout: true }), TEXT_CHARS_SHOWN).replaceAll('\n', '\n  ');
}

function clipped(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars - 1).toWellFormed()}…`;
}

function counted(count: number, word: string): string {
  return `${String(count)} ${word}${count === 1 ? '' : 's'}`;
}
