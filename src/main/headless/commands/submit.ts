/**
 * `countersign submit REQUEST…`: sends signed requests and waits until they are final. The source of a request does
 * not matter, so anybody can submit what a supervisor signed.
 * @module
 */
import { basename } from 'node:path';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { CountersignError, fromPlainError, type PlainError } from '../../../shared/errors.ts';
import type { SupervisorClient } from '../../client/supervisorClient.ts';
import type { Progress } from '../../client/tracking.ts';
import { networkIdOf, quorumSizes, type Genesis } from '../../ledger/genesis.ts';
import type { SignedRequest } from '../../ledger/request.ts';
import { signatureCheckOf } from '../../ledger/signerChecklist.ts';
import { readRequestFile } from '../draftFiles.ts';
import { EXIT, describeError, exitCodeOf, type ExitCode, type Output } from '../output.ts';
import { checkWith, genesisOf, withClient, type Places } from '../session.ts';

export interface SubmitOptions extends Places {
  readonly timeoutMs: number;
}

/**
 * Sends every request, and prints what became of each. Of one request it throws why it was refused; of several, one that
 * is refused keeps none of the others, and the exit code says the worst. Where one file is no request of this network,
 * none is sent.
 */
export async function submit(
  files: readonly string[],
  options: SubmitOptions,
  output: Output,
): Promise<ExitCode> {
  const genesis = await genesisOf(options);
  const networkId = networkIdOf(genesis);
  const requests: SignedRequest[] = [];
  for (const file of files) requests.push(await readRequest(file, genesis, networkId));
  const followed = new Follower(output);
  const onProgress = (progress: Progress): void => followed.progress(progress);
  const outcomes = await withClient(genesis, 'quorum', { onProgress }, async (client, verifier) => {
    if (requests.length === 1) {
      return (await followed.untilCovered(client, requests, options.timeoutMs)).map(covered);
    }
    // A forged copy has the id of the request that it copies: it must not be sent in its place.
    const isSigned = checkWith(verifier);
    const genuine = await Promise.all(
      requests.map(async (request) => await isSigned(signatureCheckOf(request))),
    );
    const sent = requests.filter((_, index) => genuine[index]);
    const settled = await followed.untilSettled(client, sent, options.timeoutMs);
    return requests.map(({ id }, index) => {
      const outcome = genuine[index] === true ? settled.find(({ requestId }) => requestId === id) : undefined;
      return outcome ?? forged(id);
    });
  });
  const text = outcomes.map((outcome, index) => outcomeWords(outcome, files, index)).join('\n');
  output.result(text, {
    requests: outcomes.map(({ requestId, progress, error }, index) => ({
      file: files[index],
      requestId,
      ...progress,
      error,
    })),
  });
  const codes = outcomes.map(({ error }) => (error === null ? EXIT.done : exitCodeOf(error.code)));
  return codes.includes(EXIT.refused) ? EXIT.refused : codes.includes(EXIT.failed) ? EXIT.failed : EXIT.done;
}

/** What became of one request by the time it was settled, or the time was up. */
export interface Outcome {
  readonly requestId: Hex;
  readonly progress: Progress | undefined;
  /** Why it is not covered; `null` where it is. */
  readonly error: PlainError | null;
}

function forged(id: Hex): Outcome {
  return { requestId: id, progress: undefined, error: { code: 'request.badSignature', data: { id } } };
}

function covered(progress: Progress): Outcome {
  return { requestId: progress.requestId, progress, error: null };
}

function outcomeWords(
  { requestId, progress, error }: Outcome,
  files: readonly string[],
  index: number,
): string {
  const name = files.length === 1 ? requestId : `${basename(files[index] ?? '')}: ${requestId}`;
  if (error !== null) return `${name}: not final. ${describeError(error).replaceAll('\n', ' ')}`;
  return `${name}: final at height ${String(progress?.height)} (${String(progress?.finality)})`;
}

/** Follows requests until all are covered by a stable checkpoint, or refused. */
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

  /** Throws why the first request was refused, or what keeps it waiting, or `client.timeout`. */
  async untilCovered(
    client: SupervisorClient,
    requests: readonly SignedRequest[],
    timeoutMs: number,
  ): Promise<readonly Progress[]> {
    const outcomes = await this.#follow(client, requests, timeoutMs, (found) =>
      found.some((outcome) => outcome !== null && outcome.error !== null),
    );
    const failed = outcomes.find((outcome) => outcome !== null && outcome.error !== null);
    if (failed?.error) throw fromPlainError(failed.error);
    return outcomes.flatMap((outcome) => outcome?.progress ?? []);
  }

  /** Waits for each request by itself, and until the time is up. */
  async untilSettled(
    client: SupervisorClient,
    requests: readonly SignedRequest[],
    timeoutMs: number,
  ): Promise<readonly Outcome[]> {
    const outcomes = await this.#follow(client, requests, timeoutMs, () => false);
    return outcomes.filter((outcome) => outcome !== null);
  }

  /** The outcomes once there is one of each request, or `isEnough`. */
  async #follow(
    client: SupervisorClient,
    requests: readonly SignedRequest[],
    timeoutMs: number,
    isEnough: (outcomes: readonly (Outcome | null)[]) => boolean,
  ): Promise<readonly (Outcome | null)[]> {
    const deadlineMs = performance.now() + timeoutMs;
    for (const request of requests) client.track(request);
    for (;;) {
      const leftMs = deadlineMs - performance.now();
      const outcomes = requests.map(({ id }) => this.#outcome(id, leftMs));
      if (isEnough(outcomes) || outcomes.every((outcome) => outcome !== null)) return outcomes;
      await Promise.race([this.#changed.promise, pause(leftMs)]);
    }
  }

  /** What became of a request; `null` while that is open. */
  #outcome(requestId: Hex, leftMs: number): Outcome | null {
    const progress = this.#latest.get(requestId);
    const ended = (error: PlainError | null): Outcome => ({ requestId, progress, error });
    if (progress?.state === 'refused') return ended(progress.error);
    if (progress?.covered === true) return ended(null);
    const objection = objectionOf(progress);
    if (objection && (leftMs <= 0 || isFutile(objection, leftMs))) return ended(objection);
    if (leftMs > 0) return null;
    const { accepted: responses = 0, replicas = 0 } = progress ?? {};
    return ended({ code: 'client.timeout', data: { id: requestId, responses, replicas } });
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
  const request = await readRequestFile(path, limits.maxRequestBytes);
  if (request.networkId === networkId) return request;
  throw new CountersignError('request.wrongNetwork', { expected: networkId, actual: request.networkId });
}

async function pause(durationMs: number): Promise<void> {
  const timer = Promise.withResolvers<undefined>();
  setTimeout(() => timer.resolve(undefined), durationMs).unref();
  await timer.promise;
}
