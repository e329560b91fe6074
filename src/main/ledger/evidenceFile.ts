/**
 * Evidence as files, and what it takes to believe one: nothing but the genesis. A file says in words whom it accuses
 * and of what, with both statements and their signatures, and is accepted only as the very text that follows from
 * them: no character of it can be changed.
 * @module
 */
import { z } from 'zod';
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError, hasCode } from '../../shared/errors.ts';
import { decodeEvidence, encodeEvidence, evidenceChecks, type Evidence } from './evidence.ts';
import { networkIdOf, type Genesis, type GenesisReplica } from './genesis.ts';
import { parseJson, pathText } from './json.ts';
import type { SignatureCheck, SignedStatement, Statement } from './statement.ts';

/** Marks an evidence file. */
export const EVIDENCE_FILE_FORMAT = 'countersign-evidence';
/** Layout version of evidence files. */
export const EVIDENCE_FILE_VERSION = 1;
/** Largest evidence file, in UTF-16 code units: two statements, and names of which every character is escaped. */
export const EVIDENCE_FILE_CHARS_MAX = 8_192;

/** The verdict on one signature (`keys/verifier.ts`). */
type Verify = (check: SignatureCheck) => boolean | Promise<boolean>;

/** What valid evidence proves: this replica signed both statements, and no correct replica does. */
export interface ProvenEvidence {
  readonly evidence: Evidence;
  readonly accused: GenesisReplica;
}

/** What an evidence file says. Nothing of it is verified yet. */
export interface EvidenceFile {
  readonly networkId: Hex;
  /** What the file calls the accused replica. */
  readonly accused: Pick<GenesisReplica, 'name' | 'organisation' | 'publicKey'>;
  readonly evidence: Evidence;
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
 * The text of an evidence file: JSON with two spaces of indentation and a line feed at its end. Throws
 * `evidence.invalid` where the genesis has no such replica, or the statements do not contradict.
 */
export function formatEvidenceFile(genesis: Genesis, evidence: Evidence): string {
  const fresh = freshly(evidence);
  return render({ networkId: networkIdOf(genesis), accused: replicaOf(genesis, fresh), evidence: fresh });
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
  const file = { networkId, accused, evidence: freshly(evidenceIn(parsed.data)) };
  if (render(file) !== text) throw invalid('the file', 'is not written as its content says');
  return file;
}

/**
 * Whom evidence accuses, once every signature in it holds. It trusts nothing but `genesis` and `verify`. Throws
 * `evidence.invalid` with what is wrong.
 */
export async function checkEvidence(
  genesis: Genesis,
  evidence: Evidence,
  verify: Verify,
): Promise<ProvenEvidence> {
  const fresh = freshly(evidence);
  const accused = replicaOf(genesis, fresh);
  const keys = genesis.replicas.map(({ publicKey }) => publicKey);
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
  const { networkId, accused, evidence } = parseEvidenceFile(text);
  const expected = networkIdOf(genesis);
  if (networkId !== expected) {
    throw new CountersignError('evidence.wrongNetwork', { expected, actual: networkId });
  }
  const proven = await checkEvidence(genesis, evidence, verify);
  for (const [field, at] of Object.entries({
    name: 'name',
    organisation: 'organisation',
    publicKey: 'public_key',
  })) {
    const key = field as keyof typeof accused;
    if (accused[key] !== proven.accused[key]) throw invalid(at, 'is not what the genesis says');
  }
  return proven;
}

function render({ networkId, accused, evidence }: EvidenceFile): string {
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

function replicaOf({ replicas }: Genesis, { replica }: Evidence): GenesisReplica {
  const accused = replicas[replica];
  if (accused !== undefined) return accused;
  throw invalid('replica', `must be below ${String(replicas.length)}`);
}

function invalid(at: string, problem: string, cause?: unknown): CountersignError<'evidence.invalid'> {
  return new CountersignError('evidence.invalid', { at, problem }, { cause });
}
