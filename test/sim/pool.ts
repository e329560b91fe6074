/**
 * As many processes as there are cores, each running seeds.
 * @module
 */
import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Answer, Question, Wanted } from './worker.ts';

/** Seeds that a process runs before it asks for more: little, so that all end together. */
const SEEDS_AT_ONCE = 8;

export class Pool {
  readonly #children: ChildProcess[];

  /** `plant`: name of the planted bug, or nothing. */
  constructor(plant: string | null, processes = availableParallelism()) {
    this.#children = Array.from({ length: processes }, () =>
      fork(join(import.meta.dirname, 'worker.ts'), plant === null ? [] : [plant], {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        serialization: 'json',
      }),
    );
  }

  /** Runs seeds on all processes. `onSeeds` is told of each few, and returns whether to go on. */
  async run(
    fromSeed: number,
    seeds: number,
    wanted: Wanted,
    onSeeds: (answer: Extract<Answer, { type: 'ran' }>) => boolean,
  ): Promise<void> {
    let next = fromSeed;
    let goesOn = true;
    const end = fromSeed + seeds;
    await Promise.all(
      this.#children.map(async (child) => {
        while (goesOn && next < end) {
          const first = next;
          const count = Math.min(SEEDS_AT_ONCE, end - first);
          next += count;
          const answer = await this.#ask(child, { type: 'run', fromSeed: first, seeds: count, wanted });
          if (answer.type === 'ran' && !onSeeds(answer)) goesOn = false;
        }
      }),
    );
  }

  /** Asks the first process. Throws where it fails. */
  async ask(question: Question): Promise<Answer> {
    return await this.#ask(this.#children[0]!, question);
  }

  /** Ends all processes. */
  async close(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null) return;
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.send({ type: 'end' } satisfies Question);
        await ended;
      }),
    );
  }

  async #ask(child: ChildProcess, question: Question): Promise<Answer> {
    return await new Promise((resolve, reject) => {
      const onExit = (code: number | null) => reject(new Error(`a process ended with ${String(code)}`));
      child.once('exit', onExit);
      child.once('message', (answer: Answer) => {
        child.off('exit', onExit);
        if (answer.type === 'failed') reject(new Error(answer.message));
        else resolve(answer);
      });
      child.send(question);
    });
  }
}
