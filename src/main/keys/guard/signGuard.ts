/**
 * The sign guard (SECURITY.md, 11): the only thing that signs for a replica. It takes a statement, never a digest, and
 * writes it down durably before its signature exists; it never signs two different statements for one (epoch, view,
 * height, phase), whatever becomes of the ledger.
 *
 * The log lies in a file of its own beside the key, not in the ledger (docs/adr/0010): the two are written, lost and
 * restored apart, and each is checked against the other when the replica starts.
 * @module
 */
import type { Hex } from '../../../shared/encoding/hex.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { HANDSHAKE_DOMAIN, digest } from '../../ledger/hash.ts';
import { statementDigest, type Statement } from '../../ledger/statement.ts';
import type { Signer } from '../signer.ts';
import type { GuardFile } from './guardFile.ts';
import { encodeEntries, readLog, type Entry, type LogOwner } from './guardLog.ts';
import { LOWEST_FLOOR, SignMemory, type Floor } from './signMemory.ts';

/** The log is made anew when it holds so many frames more than twice of what is still remembered. */
export const LOG_FRAMES_SPARE = 4_096;

/** What became of a statement that was to be signed. */
export type Answer =
  | { readonly statement: Statement; readonly signature: Hex }
  /** Refused: `before` has been signed for the same place; `null` where what was signed there is forgotten. */
  | { readonly statement: Statement; readonly before: Statement | null };

export interface SignGuardOptions {
  readonly signer: Signer;
  readonly networkId: Hex;
  /** L of the network. */
  readonly windowBlocks: number;
  readonly file: GuardFile;
  /** Frames beyond twice of what is remembered before the log is made anew; `LOG_FRAMES_SPARE` unless given. */
  readonly spareFrames?: number;
}

export class SignGuard {
  readonly #options: SignGuardOptions;
  readonly #owner: LogOwner;
  readonly #memory: SignMemory;
  /** Frames in the log. */
  #frames: number;
  /** The last floor in the log. */
  #writtenFloor: Floor;
  /** One thing after another. */
  #work: Promise<unknown> = Promise.resolve();
  #failure: Error | null = null;

  private constructor(options: SignGuardOptions, owner: LogOwner, memory: SignMemory, frames: number) {
    this.#options = options;
    this.#owner = owner;
    this.#memory = memory;
    this.#frames = frames;
    this.#writtenFloor = memory.floor;
  }

  /**
   * Opens the log and drops what a crash left of statements that were never signed. The guard owns `signer` and `file`
   * from then on. Throws `guard.missing` where there is no log, `guard.damaged`, and what the file throws.
   */
  static async open(options: SignGuardOptions): Promise<SignGuard> {
    const { signer, networkId, file, windowBlocks } = options;
    const owner = { networkId, publicKey: signer.publicKey };
    const bytes = await file.read();
    if (bytes === null) throw new CountersignError('guard.missing', { path: file.path });
    const log = readLog(owner, bytes);
    if (log === undefined) throw new CountersignError('guard.damaged', { path: file.path });
    const memory = new SignMemory(windowBlocks);
    for (const entry of log.entries) {
      if (entry.kind === 'floor') memory.raise(entry.floor);
      // What was remembered may have been pruned from the memory since it was written.
      else if (entry.kind === 'statement' && memory.judge(entry.statement).kind === 'new') {
        memory.add(entry.statement);
      }
    }
    const guard = new SignGuard(options, owner, memory, log.entries.length);
    // Written anew, so that nothing is ever appended to a torn tail, and what is there counts as durable.
    if (log.tornBytes > 0 || log.entries.at(-1)?.kind !== 'durable') await guard.#compact();
    return guard;
  }

  /** Makes the log of a replica that has never signed anything. Takes the place of what is there. */
  static async create(owner: LogOwner, file: GuardFile): Promise<void> {
    await file.replace(encodeEntries(owner, [{ kind: 'floor', floor: LOWEST_FLOOR }, { kind: 'durable' }]));
  }

  get publicKey(): Hex {
    return this.#options.signer.publicKey;
  }

  /** All that is remembered of what was signed. */
  get statements(): readonly Statement[] {
    return this.#memory.statements;
  }

  /** Whether this replica has signed the statement, or may have: it is below what is remembered exactly. */
  mayHaveSigned(statement: Statement): boolean {
    return this.#memory.mayHaveSigned(statement);
  }

  /**
   * Signs statements, in order: all that is new among them is durable first, by one write. Rejects where that fails, and
   * from then on for ever: nobody knows what a disk holds that has failed once.
   */
  async sign(statements: readonly Statement[]): Promise<readonly Answer[]> {
    return await this.#inTurn(async () => await this.#sign(statements));
  }

  /** Proves the key at the beginning of a connection: see `network/handshake.ts`. */
  prove(content: Uint8Array): Hex {
    return this.#options.signer.sign(digest(HANDSHAKE_DOMAIN, content));
  }

  /** A stable checkpoint: nothing at its height or below is signed any more, and need not be remembered. */
  settle(height: number): void {
    this.#memory.settle(height);
  }

  /**
   * An epoch has begun, and that is durable in the ledger: nothing of an earlier epoch is signed any more, from when this
   * resolves on and for ever (rule E4). Rejects like `sign`.
   */
  async enter(epoch: number): Promise<void> {
    await this.#inTurn(async () => {
      this.#memory.enter(epoch);
      const raised = this.#newFloor();
      if (raised.length > 0) await this.#append(raised);
    });
  }

  /** Forgets the key, after what is under way. Calling it again does nothing. */
  async close(): Promise<void> {
    await this.#work.catch(() => undefined);
    this.#options.signer.dispose();
    await this.#options.file.close();
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(async () => {
      if (this.#failure !== null) throw this.#failure;
      try {
        return await work();
      } catch (error) {
        if (error instanceof Error) this.#failure = error;
        throw error;
      }
    });
    this.#work = result.catch(() => undefined);
    return await result;
  }

  async #sign(statements: readonly Statement[]): Promise<readonly Answer[]> {
    const { spareFrames = LOG_FRAMES_SPARE } = this.#options;
    if (this.#frames > 2 * this.#memory.size + spareFrames) await this.#compact();
    const fresh: Entry[] = [];
    const verdicts = statements.map((statement) => {
      const verdict = this.#memory.judge(statement);
      if (verdict.kind === 'new') {
        this.#memory.add(statement);
        fresh.push({ kind: 'statement', statement });
      }
      return verdict;
    });
    if (fresh.length > 0) await this.#append([...this.#newFloor(), ...fresh]);
    return statements.map((statement, index): Answer => {
      const verdict = verdicts[index];
      if (verdict?.kind === 'new' || verdict?.kind === 'again') {
        const signed = statementDigest(this.#options.networkId, statement);
        return { statement, signature: this.#options.signer.sign(signed) };
      }
      return { statement, before: verdict?.kind === 'contradicts' ? verdict.before : null };
    });
  }

  /** What was forgotten since is forgotten after a restart as well. */
  #newFloor(): readonly Entry[] {
    const { floor } = this.#memory;
    if (floor === this.#writtenFloor) return [];
    this.#writtenFloor = floor;
    return [{ kind: 'floor', floor }];
  }

  async #append(entries: readonly Entry[]): Promise<void> {
    const { file } = this.#options;
    await file.append(encodeEntries(this.#owner, entries));
    await file.sync();
    // Says that what is before it may have led to signatures. Nobody waits for it to be durable.
    await file.append(encodeEntries(this.#owner, [{ kind: 'durable' }]));
    this.#frames += entries.length + 1;
  }

  async #compact(): Promise<void> {
    const entries: readonly Entry[] = [
      { kind: 'floor', floor: this.#memory.floor },
      ...this.#memory.statements.map((statement): Entry => ({ kind: 'statement', statement })),
      { kind: 'durable' },
    ];
    await this.#options.file.replace(encodeEntries(this.#owner, entries));
    this.#frames = entries.length;
    this.#writtenFloor = this.#memory.floor;
  }
}
