/**
 * Evidence as files, and what it takes to believe one: nothing but the genesis. A file says in words whom it accuses
 * and of what, with both statements and their signatures, and is accepted only as the very text that follows from
 * them: no character of it can be changed. Of a later epoch than the first it also holds the changes of replicas that
 * lead there, because the accused is known by its place among those of the epoch.
 * @module
 */
import { z } from 'zod';
import type { ReplicaEntry } from '../../shared/domain/registry.ts';
import { decode, encode } from '../../shared/encoding/codec.ts';
import { fromHex, isHex, toHex, type Hex } from '../../shared/encoding/hex.ts';
import { CountersignError, hasCode } from '../../shared/errors.ts';
import {
  EPOCH_CHANGES_BYTES_MAX,
  epochChangesCodec,
  verifyEpochChanges,
  type EpochChange,
} from './epochChange.ts';
import { decodeEvidence, encodeEvidence, epochOf, evidenceChecks, type Evidence } from './evidence.ts';
import { hexLines } from './fileText.ts';
import { networkIdOf, type Genesis } from './genesis.ts';
import { parseJson, pathText } from './json.ts';
import type { SignatureCheck, SignedStatement, Statement } from './statement.ts';

/** Marks an evidence file. */
export const EVIDENCE_FILE_FORMAT = 'countersign-evidence';
/** Layout version of evidence files. */
export const EVIDENCE_FILE_VERSION = 1;

/** Bytes of the changes in one line of the file, and the characters around their digits. */
const LINE_BYTES = 32;
const LINE_OVERHEAD_CHARS = 8;
/** Two statements, and names of which every character is escaped. */
const STATEMENTS_CHARS_MAX = 8_192;

/** Largest evidence file, in UTF-16 code units: the statements, and the hex digits of the longest chain of changes. */
export const EVIDENCE_FILE_CHARS_MAX =
  STATEMENTS_CHARS_MAX +
  Math.ceil(EPOCH_CHANGES_BYTES_MAX / LINE_BYTES) * (2 * LINE_BYTES + LINE_OVERHEAD_CHARS);

/** The verdict on one signature (`keys/verifier.ts`). */
type Verify = (check: SignatureCheck) => boolean | Promise<boolean>;

/** What valid evidence proves: this replica signed both statements, and no correct replica does. */
export interface ProvenEvidence {
  readonly evidence: Evidence;
  /** As the set of the evidence's epoch names it. */
  readonly accused: ReplicaEntry;
}

/** What an evidence file says. Nothing of it is verified yet. */
export interface EvidenceFile {
  readonly networkId: Hex;
  /** What the file calls the accused replica. */
  readonly accused: Pick<ReplicaEntry, 'name' | 'organisation' | 'publicKey'>;
  readonly evidence: Evidence;
  /** From the genesis to the epoch of the evidence. */
  readonly changes: readonly EpochChange[];
}

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const saidSchema = z.strictObject({
  hash: z.string().optional(),
  state_digest: z.string().optional(),
  content_digest: z.string().optional(),
  signature: z.string(),
});

const fileSchema = z.strictObject({
  format: z.literal(EVIDENCE_FILE_FORMAT),
  version: z.literal(EVIDENCE_FILE_VERSION),
  network_id: z.string(),
  replica: count,
  name: z.string(),
  organisation: z.string(),
  public_key: z.string(),
  kind: z.enum(['order', 'localCommit', 'checkpointVote', 'viewChange', 'newView']),
  epoch: count,
  view: count,
  height: count.nullable(),
  statements: z.tuple([saidSchema, saidSchema]),
  registry_changes: z.array(z.string()).optional(),
});

type FileContent = z.infer<typeof fileSchema>;
type Said = z.infer<typeof saidSchema>;

/** By this a reader tells evidence files from others, before anything of one is checked. */
const EVIDENCE_FILE_START = /^\s*\{\s*"format"\s*:\s*"countersign-evidence"/;

/** Whether `text` claims to be an evidence file. */
export function isEvidenceFile(text: string): boolean {
  return EVIDENCE_FILE_START.test(text);
}

/**
 * The text of an evidence file: JSON with two spaces of indentation and a line feed at its end. `changes` lead from the
 * genesis to the epoch of the evidence. Throws `evidence.invalid` where they do not, where that epoch has no such replica,
 * or the statements do not contradict.
 */
export function formatEvidenceFile(
  genesis: Genesis,
  evidence: Evidence,
  changes: readonly EpochChange[] = [],
): string {
  const fresh = freshly(evidence);
  checkCount(fresh, changes);
  const accused = replicaOf(changes.at(-1)?.replicas ?? genesis.replicas, fresh);
  return render({ networkId: networkIdOf(genesis), accused, evidence: fresh, changes });
}

/** What a file with this evidence is called. */
export function evidenceFileName(evidence: Evidence): string {
  const epoch = epochOf(evidence);
  const prefix = epoch === 0 ? 'evidence' : `evidence-epoch-${String(epoch)}`;
  return `${prefix}-replica-${String(evidence.replica)}.json`;
}

/**
 * What the evidence file `text` says; its signatures are not verified here. Throws `evidence.invalid` unless it is, to
 * the character, what `formatEvidenceFile` writes for some genesis.
 */
export function parseEvidenceFile(text: string): EvidenceFile {
  if (text.length > EVIDENCE_FILE_CHARS_MAX) {
    throw invalid('the file', `has more than ${String(EVIDENCE_FILE_CHARS_MAX)} characters`);
  }
  const json = parseJson(text);
  if (!json.ok) throw invalid('the file', json.problem);
  const parsed = fileSchema.safeParse(json.value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(pathText(issue?.path ?? [], 'the file'), issue?.message ?? 'is not an evidence file');
  }
  const { network_id: networkId, name, organisation, public_key: publicKey } = parsed.data;
  const accused = { name, organisation, publicKey };
  const evidence = freshly(evidenceIn(parsed.data));
  const changes = changesIn(parsed.data);
  checkCount(evidence, changes);
  const file = { networkId, accused, evidence, changes };
  if (render(file) !== text) throw invalid('the file', 'is not written as its content says');
  return file;
}

/**
 * Whom evidence accuses, once every signature in it holds. `changes` lead from the genesis to its epoch. It trusts nothing
 * but `genesis` and `verify`. Throws `evidence.invalid` with what is wrong.
 */
export async function checkEvidence(
  genesis: Genesis,
  evidence: Evidence,
  verify: Verify,
  changes: readonly EpochChange[] = [],
): Promise<ProvenEvidence> {
  const fresh = freshly(evidence);
  checkCount(fresh, changes);
  const sets = await verifyEpochChanges(genesis, changes, verify).catch((error: unknown) => {
    if (!hasCode(error, 'epochChange.invalid')) throw error;
    throw invalid(`registry_changes[${String(error.data.epoch)}]`, error.data.problem, error);
  });
  const { replicas } = sets.at(-1) ?? sets[0];
  const accused = replicaOf(replicas, fresh);
  const keys = replicas.map(({ publicKey }) => publicKey);
  const checks = evidenceChecks(networkIdOf(genesis), keys, fresh) ?? [];
  for (const [index, check] of checks.entries()) {
    if (await verify(check)) continue;
    throw invalid(`statements[${String(index)}]`, `is not signed by ${accused.name}`);
  }
  return { evidence: fresh, accused };
}

/**
 * What an evidence file proves in the network of `genesis`. Throws `evidence.wrongNetwork` for a file of another
 * network, and `evidence.invalid` with what is wrong.
 */
export async function verifyEvidenceFile(
  genesis: Genesis,
  text: string,
  verify: Verify,
): Promise<ProvenEvidence> {
  const { networkId, accused, evidence, changes } = parseEvidenceFile(text);
  const expected = networkIdOf(genesis);
  if (networkId !== expected) {
    throw new CountersignError('evidence.wrongNetwork', { expected, actual: networkId });
  }
  const proven = await checkEvidence(genesis, evidence, verify, changes);
  for (const [field, at] of Object.entries({
    name: 'name',
    organisation: 'organisation',
    publicKey: 'public_key',
  })) {
    const key = field as keyof typeof accused;
    if (accused[key] !== proven.accused[key]) throw invalid(at, 'is not what the set of its epoch says');
  }
  return proven;
}

function render({ networkId, accused, evidence, changes }: EvidenceFile): string {
  const { replica, first, second } = evidence;
  const { type, epoch, view } = first.statement;
  const content: FileContent = {
    format: EVIDENCE_FILE_FORMAT,
    version: EVIDENCE_FILE_VERSION,
    network_id: networkId,
    replica,
    name: accused.name,
    organisation: accused.organisation,
    public_key: accused.publicKey,
    kind: type,
    epoch,
    view,
    height: 'height' in first.statement ? first.statement.height : null,
    statements: [saidBy(first), saidBy(second)],
    // The replicas of the first epoch are in the genesis.
    ...(epoch === 0 ? {} : { registry_changes: hexLines(toHex(bytesOf(changes)), LINE_BYTES) }),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** What a statement says about its place, which both have in common. */
function saidBy({ statement, signature }: SignedStatement): Said {
  switch (statement.type) {
    case 'order':
    case 'localCommit':
      return { hash: statement.hash, signature };
    case 'checkpointVote':
      return { hash: statement.hash, state_digest: statement.stateDigest, signature };
    case 'viewChange':
    case 'newView':
      return { content_digest: statement.contentDigest, signature };
  }
}

function bytesOf(changes: readonly EpochChange[]): Uint8Array {
  try {
    return encode(epochChangesCodec, changes);
  } catch (error) {
    if (hasCode(error, 'encoding.invalid')) throw invalid('registry_changes', error.data.problem, error);
    throw error;
  }
}

function changesIn({ registry_changes: lines }: FileContent): readonly EpochChange[] {
  if (lines === undefined) return [];
  const hex = lines.join('');
  if (!isHex(hex)) throw invalid('registry_changes', 'must be lowercase hex digits');
  try {
    return decode(epochChangesCodec, fromHex(hex), EPOCH_CHANGES_BYTES_MAX);
  } catch (error) {
    if (hasCode(error, 'encoding.invalid')) {
      throw invalid('registry_changes', `${error.data.at} ${error.data.problem}`, error);
    }
    if (hasCode(error, 'encoding.tooLarge')) throw invalid('registry_changes', 'is too large', error);
    throw error;
  }
}

function checkCount(evidence: Evidence, changes: readonly EpochChange[]): void {
  const epoch = epochOf(evidence);
  if (changes.length === epoch) return;
  throw invalid('registry_changes', `must lead to epoch ${String(epoch)}, that of the evidence`);
}

function evidenceIn(file: FileContent): Evidence {
  const [first, second] = file.statements;
  return { replica: file.replica, first: statementIn(file, first), second: statementIn(file, second) };
}

/** What is missing becomes text that no hash is: the encoding refuses it, and names the place. */
function statementIn({ kind: type, epoch, view, height }: FileContent, said: Said): SignedStatement {
  const { hash = '', state_digest: stateDigest = '', content_digest: contentDigest = '', signature } = said;
  const statement: Statement =
    type === 'viewChange' || type === 'newView'
      ? { type, epoch, view, contentDigest }
      : type === 'checkpointVote'
        ? { type, epoch, view, height: height ?? -1, hash, stateDigest }
        : { type, epoch, view, height: height ?? -1, hash };
  return { statement, signature };
}

/** The evidence as its bytes say it, which makes sure that its statements contradict. Throws `evidence.invalid`. */
function freshly(evidence: Evidence): Evidence {
  try {
    return decodeEvidence(encodeEvidence(evidence));
  } catch (error) {
    if (hasCode(error, 'encoding.invalid')) throw invalid(error.data.at, error.data.problem, error);
    throw error;
  }
}

function replicaOf(replicas: readonly ReplicaEntry[], { replica }: Evidence): ReplicaEntry {
  const accused = replicas[replica];
  if (accused !== undefined) return accused;
  throw invalid('replica', `must be below ${String(replicas.length)}`);
}

function invalid(at: string, problem: string, cause?: unknown): CountersignError<'evidence.invalid'> {
  return new CountersignError('evidence.invalid', { at, problem }, { cause });
}
