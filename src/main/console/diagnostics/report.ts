/**
 * The report: what an operator sends to whoever is to help. Only what is named here gets in.
 * @module
 */
import {
  LOG_ENTRIES_MAX,
  type DiagnosticsView,
  type LogEntry,
} from '../../../shared/contract/diagnostics.ts';
import type { PeerDetail, PeersView } from '../../../shared/contract/peers.ts';
import { ownPath } from './ownFiles.ts';
import { LEFT_OUT, redacted, redactor, type KnownNames } from './redact.ts';

export interface ReportParts {
  readonly diagnostics: DiagnosticsView;
  /** `null` while no network runs. */
  readonly peers: PeersView | null;
  readonly log: readonly LogEntry[];
  readonly stage: string;
  readonly known: KnownNames;
}

/** Texts of the log that get in, by the names of their fields. Numbers always do. */
const FIELDS: ReadonlySet<string> = new Set([
  'address',
  'admission',
  'at',
  'cause',
  'channel',
  'code',
  'from',
  'how',
  'path',
  'phase',
  'problem',
  'reason',
  'type',
  'what',
]);

/** The text of the report. `withNames`: hosts, addresses and names stay as they are. */
export function reportText(parts: ReportParts, withNames: boolean): string {
  const { diagnostics, peers, log, stage, known } = parts;
  const { storage } = diagnostics;
  const files = storage.files.map((file) => ({ ...file, path: ownPath(file.path) }));
  const body = {
    stage,
    diagnostics: { ...diagnostics, storage: { ...storage, files } },
    peers:
      peers === null
        ? null
        : {
            attestedHeight: peers.attestedHeight,
            members: peers.members.map(peerPart),
            guests: peers.guests.map(peerPart),
            knocks: peers.knocks.map(({ host, count, lastAtMs, error }) => ({
              host,
              count,
              lastAtMs,
              code: error.code,
            })),
          },
    log: log.slice(-LOG_ENTRIES_MAX).map(logPart),
  };
  const made = redacted(body, redactor(known, withNames)) as typeof body;
  // The program's own, and what whoever helps asks for first: one of four numbers looks like an address and is none.
  made.diagnostics.versions = diagnostics.versions;
  const file = { format: 'countersign-report', version: 1, madeAtMs: diagnostics.nowMs, withNames, ...made };
  return `${JSON.stringify(file, null, 1)}\n`;
}

function peerPart(peer: PeerDetail): Readonly<Record<string, unknown>> {
  const { name, address, self, role, state, sinceMs, view, tipHeight, stableHeight } = peer;
  const { roundTripMs, failedDials, messagesIn, messagesOut, lastError, troubles } = peer;
  return {
    name,
    address,
    self,
    role,
    state,
    sinceMs,
    view,
    tipHeight,
    stableHeight,
    roundTripMs,
    failedDials,
    messagesIn,
    messagesOut,
    lastError: lastError?.code ?? null,
    troubles: troubles.map(({ error, count, lastAtMs }) => ({ code: error.code, count, lastAtMs })),
  };
}

function logPart({ atMs, level, event, fields }: LogEntry): Readonly<Record<string, unknown>> {
  const shown = Object.entries(fields).map(
    ([name, value]) => [name, typeof value === 'number' || FIELDS.has(name) ? value : LEFT_OUT] as const,
  );
  return { atMs, level, event, fields: Object.fromEntries(shown) };
}
