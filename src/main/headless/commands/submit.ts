/**
 * `countersign submit REQUEST…`: sends signed requests and waits until they are final. The source of a request does
 * not matter, so anybody can submit what a supervisor signed.
 * @module
 */
import { basename } from 'node:path';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { CountersignError, fromPlainError, hasCode, type PlainError } from '../../../shared/errors.ts';
import type { SupervisorClient } from '../../client/supervisorClient.ts';
import type { Progress } from '../../client/tracking.ts';
import { networkIdOf, quorumSizes, type Genesis } from '../../ledger/genesis.ts';
import { decodeRequest, type SignedRequest } from '../../ledger/request.ts';
import { readBinaryFile } from '../../storage/index.ts';
import type { Output } from '../output.ts';
import { genesisOf, withClient, type Places } from '../session.ts';

export interface SubmitOptions extends Places {
  readonly timeoutMs: number;
}

export async function submit(
  files: readonly string[],
  options: SubmitOptions,
  output: Output,
): Promise<void> {
  const genesis = await genesisOf(options);
  const networkId = networkIdOf(genesis);
  const requests: SignedRequest[] = [];
  for (const file of files) requests.push(await readRequest(file, genesis, networkId));
  const followed = new Follower(output);
  const { q } = quorumSizes(genesis.replicas.length);
  await withClient(genesis, q, { onProgress: (progress) => followed.progress(progress) }, async (client) => {
    const finals = await followed.untilCovered(client, requests, options.timeoutMs);
    const text = finals
      .map(
        ({ requestId, height, finality }) =>
          `${requestId}: final at height ${String(height)} (${String(finality)})`,
      )
      .join('\n');
    output.result(text, { requests: finals });
  });
}

/** Follows requests until all are covered by a stable checkpoint, or one is refused. */
export class Follower {
  readonly #output: Output;
  readonly #latest = new Map<string, Progress>();
  #changed = Promise.withResolvers<undefined>();

  constructor(output: Output) {
    this.#output = output;
  }

  progress(progress: Progress): void {
    this.#latest.set(progress.requestId, progress);
    const { requestId, state, accepted, replicas, height } = progress;
    const at = height === null ? '' : ` at height ${String(height)}`;
    this.#output.progress(
      `${requestId.slice(0, 8)}…: ${state}, ${String(accepted)} of ${String(replicas)}${at}`,
    );
    this.#changed.resolve(undefined);
    this.#changed = Promise.withResolvers<undefined>();
  }

  /** Throws why a request was refused, or what keeps it waiting, or `client.timeout`. */
  async untilCovered(
    client: SupervisorClient,
    requests: readonly SignedRequest[],
    timeoutMs: number,
  ): Promise<readonly Progress[]> {
    const deadlineMs = Date.now() + timeoutMs;
    for (const request of requests) client.track(request);
    for (;;) {
      const progress = requests.map(({ id }) => this.#latest.get(id));
      const refused = progress.find((candidate) => candidate?.state === 'refused');
      if (refused?.error) throw fromPlainError(refused.error);
      const covered = progress.filter((candidate) => candidate?.covered === true);
      if (covered.length === requests.length) return covered.filter((candidate) => candidate !== undefined);
      const leftMs = deadlineMs - Date.now();
      const objection = progress.map(objectionOf).find((candidate) => candidate !== null);
      if (objection && (leftMs <= 0 || isFutile(objection, leftMs))) throw fromPlainError(objection);
      if (leftMs <= 0) throw this.#timeout(progress);
      await Promise.race([this.#changed.promise, pause(leftMs)]);
    }
  }

  #timeout(progress: readonly (Progress | undefined)[]): CountersignError {
    const open = progress.find((candidate) => candidate !== undefined && !candidate.covered);
    return new CountersignError('client.timeout', {
      id: open?.requestId ?? '',
      responses: open?.accepted ?? 0,
      replicas: open?.replicas ?? 0,
    });
  }
}

/** What at least one correct replica objects to, for the time being. */
function objectionOf(progress: Progress | undefined): PlainError | null {
  if (progress?.state !== 'sent') return null;
  return progress.objecting > quorumSizes(progress.replicas).f ? progress.error : null;
}

/** Whether an objection will outlast the time that is left. A request of the future comes of age. */
function isFutile({ code, data }: PlainError, leftMs: number): boolean {
  if (code !== 'request.fromFuture') return false;
  return Number(data['timestampMs']) - Number(data['latestMs']) > leftMs;
}

/** The request in a file, for this network. Throws `file.*`, `encoding.*` with the file's name, `request.*`. */
async function readRequest(path: string, { limits }: Genesis, networkId: Hex): Promise<SignedRequest> {
  const request = decode(path, await readRequestBytes(path, limits.maxRequestBytes));
  if (request.networkId === networkId) return request;
  throw new CountersignError('request.wrongNetwork', { expected: networkId, actual: request.networkId });
}

async function readRequestBytes(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    return await readBinaryFile(path, maxBytes);
  } catch (error) {
    throw hasCode(error, 'encoding.tooLarge') ? new CountersignError('request.tooLarge', error.data) : error;
  }
}

function decode(path: string, bytes: Uint8Array): SignedRequest {
  try {
    return decodeRequest(bytes, bytes.length);
  } catch (error) {
    if (!hasCode(error, 'encoding.invalid')) throw error;
    const { at, problem } = error.data;
    throw new CountersignError('encoding.invalid', { at: `${basename(path)}: ${at}`, problem });
  }
}

async function pause(durationMs: number): Promise<void> {
  const timer = Promise.withResolvers<undefined>();
  setTimeout(() => timer.resolve(undefined), durationMs).unref();
  await timer.promise;
}
