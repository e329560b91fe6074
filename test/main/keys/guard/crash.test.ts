/**
 * The crash matrix of the sign guard (RELIABILITY.md, R5): the power fails before, within, or after each of its durable
 * writes, and what was written may be torn or lost. 10,000 restarts: no two statements for one place are ever signed,
 * and the guard opens every time.
 */
import { expect, it } from 'vitest';
import { contradict } from '../../../../src/main/ledger/evidence.ts';
import type { Statement } from '../../../../src/main/ledger/statement.ts';
import { GuardDisk, PowerFailed, type PowerFailure } from '../../../support/guardDisk.ts';
import { Random } from '../../../support/simulation/random.ts';
import { SignGuard } from '../../../../src/main/keys/guard/signGuard.ts';
import { OWNER, WINDOW_BLOCKS, change, commit, open, order, vote } from './support.ts';

const MOMENTS = ['before', 'torn', 'lost', 'after'] as const satisfies PowerFailure['moment'][];
/** Restarts of each run, and runs of each moment: 10,000 restarts in all. */
const RESTARTS = 50;
const RUNS = 50;
const GROUPS_MAX = 6;

/** A replica that would sign anything, on a disk whose power fails: what it got signatures for, over all its lives. */
class Careless {
  readonly signed = new Map<string, Statement>();
  readonly disk: GuardDisk;
  readonly #random: Random;
  restarts = 0;
  signatures = 0;
  /** Of its last stable checkpoint, and of the view that it is in. */
  #height = 0;
  #view = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.disk = new GuardDisk(() => this.#random.next());
  }

  /** Signs until the power fails, and a little more. */
  async live(moment: PowerFailure['moment']): Promise<void> {
    this.disk.failure = { write: this.disk.writes + this.#random.integer(0, 4), moment };
    try {
      // Small enough that logs are made anew all the time.
      const guard = await open(this.disk, this.#random.integer(1, 12));
      for (let group = 0; group < GROUPS_MAX; group++) await this.#signGroup(guard);
    } catch (error) {
      if (!(error instanceof PowerFailed)) throw error;
    }
    this.disk.crash();
    this.restarts++;
  }

  async #signGroup(guard: SignGuard): Promise<void> {
    const random = this.#random;
    if (random.chance(0.1)) this.#view++;
    const asked = Array.from({ length: random.integer(1, 5) }, () => this.#any());
    for (const answer of await guard.sign(asked)) {
      if (!('signature' in answer)) continue;
      const { statement } = answer;
      const { type, view } = statement;
      const place = `${type} ${String(view)} ${'height' in statement ? String(statement.height) : ''}`;
      const before = this.signed.get(place) ?? statement;
      expect(contradict(before, statement)).toBe(false);
      this.signed.set(place, statement);
      this.signatures++;
    }
    if (random.chance(0.3)) guard.settle((this.#height += random.integer(0, 2)));
  }

  #any(): Statement {
    const random = this.#random;
    const view = Math.max(0, this.#view - random.integer(0, 1));
    const content = random.integer(1, 3);
    if (random.chance(0.2)) return change(random.pick(['viewChange', 'newView'] as const), view, content);
    const height = this.#height + random.integer(0, WINDOW_BLOCKS);
    return random.pick([order, commit, vote])(view, height, content);
  }
}

it.each(MOMENTS)(
  'a power failure at the moment "%s" of any write leads to no contradiction',
  async (moment) => {
    let restarts = 0;
    let signatures = 0;
    for (let run = 1; run <= RUNS; run++) {
      const replica = new Careless(1_000 * MOMENTS.indexOf(moment) + run);
      await SignGuard.create(OWNER, replica.disk);
      for (let restart = 0; restart < RESTARTS; restart++) await replica.live(moment);
      // What was signed is still what is signed, and nothing else is.
      await open(replica.disk);
      restarts += replica.restarts;
      signatures += replica.signatures;
    }
    expect(restarts).toBe(RESTARTS * RUNS);
    expect(signatures).toBeGreaterThan(RESTARTS * RUNS);
  },
);
