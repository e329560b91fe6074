/**
 * What can be found in a request: its texts, bounded.
 * @module
 */
import { titleOf, type Cell, type Payload } from '../../../shared/domain/payload.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import type { Block } from '../../ledger/block.ts';
import type { SignedRequest } from '../../ledger/request.ts';
import {
  FIELD_CHARS_MAX,
  INDEXED_CHARS_MAX,
  type FieldText,
  type IndexedBlock,
  type IndexedRequest,
} from '../../storage/index.ts';
import { countOf } from '../items/payloadBytes.ts';

/** The block as the index takes it. `nameOf` gives the name that a supervisor had in this block. */
export function indexedBlock({ header, requests }: Block, nameOf: (publicKey: Hex) => string): IndexedBlock {
  const { height, hash, previousHash, timeMs } = header;
  return {
    height,
    hash,
    previousHash,
    timeMs,
    requests: requests.map((request) => indexedRequest(request, nameOf(request.supervisor))),
  };
}

function indexedRequest(request: SignedRequest, name: string): IndexedRequest {
  const { id, supervisor, timestampMs, payload, bytes } = request;
  return {
    id,
    supervisor,
    kind: payload.kind,
    timestampMs,
    count: countOf(payload),
    sizeBytes: bytes.length,
    texts: bounded(textsOf(payload, name)),
  };
}

/** The texts as far as they may be indexed. Nothing behind the bound is read. */
function bounded(texts: Iterable<FieldText>): FieldText[] {
  const taken: FieldText[] = [];
  let left = INDEXED_CHARS_MAX;
  for (const { field, text } of texts) {
    const part = text.slice(0, Math.min(left, FIELD_CHARS_MAX)).toWellFormed();
    // The title keeps its place where it is empty.
    if (part !== '' || taken.length === 0) taken.push({ field, text: part });
    left -= part.length;
    if (left <= 0) break;
  }
  return taken;
}

/** The title first; then what is short and telling before what is long. */
function* textsOf(payload: Payload, name: string): Generator<FieldText> {
  yield { field: 'title', text: titleOf(payload) };
  yield { field: 'name', text: name };
  if (payload.kind === 'registry') {
    yield* registryTexts(payload);
    return;
  }
  yield { field: 'remark', text: payload.remark };
  if (payload.kind === 'document') {
    for (const file of payload.files) yield { field: 'file', text: file.name };
    return;
  }
  for (const column of payload.columns) yield { field: 'column', text: column };
  for (const record of payload.records) yield { field: 'record', text: record.map(cellText).join(' · ') };
}

function* registryTexts({ action }: Extract<Payload, { kind: 'registry' }>): Generator<FieldText> {
  if (action.type !== 'propose') return;
  const { change } = action;
  switch (change.kind) {
    case 'addSupervisor':
      yield { field: 'member', text: change.supervisor.organisation };
      return;
    case 'renameSupervisor':
      yield { field: 'member', text: change.organisation };
      return;
    case 'addReplica':
    case 'updateReplica':
      yield { field: 'member', text: change.replica.organisation };
      yield { field: 'member', text: change.replica.host };
      return;
    default:
      return;
  }
}

function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'object') return cell.number;
  return String(cell);
}
