/**
 * `countersign demo --fault`: makes something go wrong with a replica of the embedded network, and tells what the
 * others do about it, and how long it takes them.
 * @module
 */
import { CountersignError } from '../../../shared/errors.ts';
import type { Payload } from '../../../shared/domain/payload.ts';
import { signPayload } from '../../client/signRequest.ts';
import type { SupervisorClient } from '../../client/supervisorClient.ts';
import type { Progress } from '../../client/tracking.ts';
import type { Signer } from '../../keys/signer.ts';
import type { KnownEvidence } from '../../consensus/effects.ts';
import { networkIdOf } from '../../ledger/genesis.ts';
import type { EmbeddedNetwork, Fault } from '../../replica/embeddedNetwork.ts';
import type { ReplicaEvent } from '../../replica/replica.ts';
import { FAULT_WORDS, ONLY_FOLLOWS, eventWords, type FaultDemoResult } from '../faultWords.ts';
import type { Output } from '../output.ts';
import { withDemoClient, type DemoSupervisor } from '../demoClient.ts';

export interface FaultDemoOptions {
  readonly fault: Fault;
  /** Index of the replica that gets it; `primary`: the one that orders now. */
  readonly replica: number | 'primary';
  /** By how much a slow replica's messages are late, in milliseconds. */
  readonly delayMs: number;
}

/** Requests before the fault, and after it. */
const REQUESTS = 3;
/** How long a request may take to become final, in milliseconds: some view changes, each longer than the last. */
const FINAL_TIMEOUT_MS = 90_000;
/** How long to wait for the replica to be back in step, and for evidence to be recorded, in milliseconds. */
const SETTLE_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/**
 * Runs the whole of it, unless `interrupted` rejects first. Throws `fault.unavailable`, `client.timeout` where
 * agreement does not go on, or `timeout`.
 */
export async function demonstrateFault(
  network: EmbeddedNetwork,
  supervisor: DemoSupervisor,
  options: FaultDemoOptions,
  output: Output,
  interrupted: Promise<never>,
): Promise<FaultDemoResult> {
  const finals = new Finals();
  return await withDemoClient(
    supervisor,
    (progress) => finals.take(progress),
    async (client, signer) => {
      const story = new Story(network, client, signer, finals, output);
      try {
        return await story.run(options);
      } finally {
        story.close();
      }
    },
    interrupted,
  );
}

/** Which requests are final, and since when. */
class Finals {
  readonly #atMs = new Map<string, number>();
  #changed = Promise.withResolvers<undefined>();

  take({ requestId, state }: Progress): void {
    if (state !== 'final' || this.#atMs.has(requestId)) return;
    this.#atMs.set(requestId, performance.now());
    this.#changed.resolve(undefined);
    this.#changed = Promise.withResolvers<undefined>();
  }

  /** When the request became final, by `performance.now`. Throws `client.timeout`. */
  async of(requestId: string, replicas: number): Promise<number> {
    const deadlineMs = performance.now() + FINAL_TIMEOUT_MS;
    for (;;) {
      const atMs = this.#atMs.get(requestId);
      if (atMs !== undefined) return atMs;
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0)
        throw new CountersignError('client.timeout', { id: requestId, responses: 0, replicas });
      await Promise.race([this.#changed.promise, pause(leftMs)]);
    }
  }
}

class Story {
  readonly #network: EmbeddedNetwork;
  readonly #client: SupervisorClient;
  readonly #signer: Signer;
  readonly #finals: Finals;
  readonly #output: Output;
  readonly close: () => void;
  #faultAtMs: number | null = null;
  #enteredAtMs: number | null = null;
  #signed = 0;

  constructor(
    network: EmbeddedNetwork,
    client: SupervisorClient,
    signer: Signer,
    finals: Finals,
    output: Output,
  ) {
    this.#network = network;
    this.#client = client;
    this.#signer = signer;
    this.#finals = finals;
    this.#output = output;
    this.close = network.node.subscribe((event) => this.#heard(event));
  }

  async run({ fault, replica, delayMs }: FaultDemoOptions): Promise<FaultDemoResult> {
    await this.#finalOnes('before');
    const { position, primary } = this.#standing;
    const index = replica === 'primary' ? primary : replica;
    const role = index === primary ? `the primary of view ${String(position.view)}` : 'a backup';
    this.#faultAtMs = performance.now();
    await this.#network.injectFault(index, fault, delayMs);
    const delay = fault === 'slow' ? ` (${String(delayMs)} ms)` : '';
    this.#tell(`${this.#name(index)}, ${role}, ${FAULT_WORDS[fault]}${delay}`);
    const finalAfterMs = await this.#finalOnes('after');
    const evidence = fault === 'equivocate' ? await this.#recorded(index) : null;
    const healedAtMs = performance.now();
    await this.#network.healFault(index);
    this.#tell(`${this.#name(index)} is healed`);
    const participating = await this.#untilInStep(index, evidence !== null);
    const backInStepMs = Math.round(performance.now() - healedAtMs);
    const height = String(this.#standing.stable.height);
    this.#tell(
      `${this.#name(index)} is back in step at height ${height}${participating ? '' : ONLY_FOLLOWS}`,
    );
    return {
      fault,
      replica: this.#name(index),
      wasPrimary: index === primary,
      viewBefore: position.view,
      viewAfter: this.#standing.position.view,
      finalAfterMs,
      enteredViewMs: this.#enteredAtMs === null ? null : Math.round(this.#enteredAtMs - this.#faultAtMs),
      evidence:
        evidence === null
          ? null
          : {
              accused: this.#name(index),
              kind: evidence.evidence.first.statement.type,
              recordedHeight: evidence.recordedHeight,
            },
      backInStepMs,
      participating,
    };
  }

  /** Sends some requests one after another; how long the first took to become final, in milliseconds. */
  async #finalOnes(when: string): Promise<number> {
    const { genesis } = this.#network.node;
    const tookMs: number[] = [];
    for (let count = 0; count < REQUESTS; count++) {
      const sentAtMs = performance.now();
      const request = signPayload(sample(this.#signed++), networkIdOf(genesis), Date.now(), this.#signer);
      this.#client.track(request);
      const finalAtMs = await this.#finals.of(request.id, genesis.replicas.length);
      tookMs.push(Math.round(finalAtMs - sentAtMs));
      this.#tell(`request ${String(this.#signed)} is final, ${String(tookMs.at(-1))} ms after it was sent`);
    }
    this.#output.progress(`${String(REQUESTS)} requests ${when} the fault are final`);
    return tookMs[0] ?? 0;
  }

  /** Waits until the evidence against a replica stands on the chain. Throws `timeout`. */
  async #recorded(accused: number): Promise<KnownEvidence> {
    const deadlineMs = performance.now() + SETTLE_TIMEOUT_MS;
    for (;;) {
      const known = this.#standing.evidence.find(({ evidence }) => evidence.replica === accused);
      if (known !== undefined && known.recordedHeight !== null) return known;
      await this.#pauseUntil(deadlineMs, 'evidence');
    }
  }

  /**
   * Waits until a replica stands where this one stands; whether it takes part. One that is proven faulty does not any
   * more: it must not be waited for. Throws `timeout`.
   */
  async #untilInStep(index: number, isProven: boolean): Promise<boolean> {
    const deadlineMs = performance.now() + SETTLE_TIMEOUT_MS;
    for (;;) {
      const status = await this.#client.replicaStatus(index).catch(() => undefined);
      const { tipHeight, stable } = this.#standing;
      const isInStep =
        status !== undefined && status.stableHeight >= stable.height && stable.height === tipHeight;
      if (isInStep && status.participating !== isProven) return status.participating;
      await this.#pauseUntil(deadlineMs, `${this.#name(index)} to be back in step`);
    }
  }

  async #pauseUntil(deadlineMs: number, what: string): Promise<void> {
    if (performance.now() > deadlineMs) {
      throw new CountersignError('timeout', { what, timeoutMs: SETTLE_TIMEOUT_MS });
    }
    await pause(POLL_MS);
  }

  #heard(event: ReplicaEvent): void {
    if (event.type === 'enteredView' && this.#faultAtMs !== null) this.#enteredAtMs ??= performance.now();
    const told = eventWords(event, (index) => this.#name(index));
    if (told !== undefined && this.#faultAtMs !== null) this.#tell(told);
  }

  #tell(text: string): void {
    const atMs = this.#faultAtMs === null ? '' : `${Math.round(performance.now() - this.#faultAtMs)} ms`;
    this.#output.note(`${atMs.padStart(TIME_COLUMNS)}  ${text}`);
  }

  #name(index: number): string {
    return this.#network.node.genesis.replicas[index]?.name ?? String(index);
  }

  get #standing() {
    return this.#network.node.replica.status().standing;
  }
}

const TIME_COLUMNS = 10;

function sample(number: number): Payload {
  return {
    kind: 'assessments',
    title: `Request ${String(number + 1)}`,
    remark: '',
    columns: ['subject', 'score'],
    records: [['sample', { number: String(number) }]],
  };
}

async function pause(durationMs: number): Promise<void> {
  const timer = Promise.withResolvers<undefined>();
  setTimeout(() => timer.resolve(undefined), durationMs).unref();
  await timer.promise;
}
