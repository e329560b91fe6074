/**
 * The command line of the simulator.
 * @module
 */
import { parseArgs } from 'node:util';
import { PLANTS, plantNamed } from './plants/plants.ts';
import { SCHEDULE_NAMES } from './schedules.ts';

export interface Arguments {
  readonly seeds: number;
  readonly from: number;
  /** `null`: as the seed says. */
  readonly replicas: number | null;
  /** `null`: as the seed says. */
  readonly schedule: string | null;
  readonly plant: string | null;
  readonly json: boolean;
  /** Shows one run, event by event. */
  readonly replay: boolean;
  /** A plan to run in place of that of a seed, as JSON. */
  readonly options: string | null;
  /** Ends at the first failing seed. */
  readonly first: boolean;
  readonly help: boolean;
}

/** A command line that cannot be followed. */
export class UsageError extends Error {}

export const USAGE = `Usage: npm run sim -- [options]

  --seeds N        how many seeds to run (1000)
  --from S         the first seed (1)
  --replicas N     4 or 7 replicas in every run; by chance unless given
  --schedule NAME  one schedule in every run; by chance unless given: ${SCHEDULE_NAMES.join(', ')}
  --first          end at the first failing seed
  --replay [S]     show one run event by event: that of seed S, of --from, or of --options
  --options JSON   the run to show: what a failing seed prints
  --plant NAME     with a bug put in: ${PLANTS.map(({ name }) => name).join(', ')}
  --json           the last line of the output is one JSON object
  --help

It ends with 0 where nothing that must not happen happened and every run came right, and otherwise with 1.`;

const DEFAULT_SEEDS = 1_000;

/** The arguments of the command line. Throws a `UsageError`. */
export function argumentsOf(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args);
  const {
    plant,
    schedule = null,
    replay = false,
    json = false,
    first = false,
    help = false,
    options = null,
  } = values;
  if (plant !== undefined && plantNamed(plant) === undefined) {
    throw new UsageError(
      `--plant: there is no ${plant}; there are ${PLANTS.map(({ name }) => name).join(', ')}`,
    );
  }
  if (schedule !== null && !SCHEDULE_NAMES.includes(schedule)) {
    throw new UsageError(`--schedule: there is no ${schedule}; there are ${SCHEDULE_NAMES.join(', ')}`);
  }
  if (positionals.length > (replay ? 1 : 0)) throw new UsageError(`what is ${positionals.at(-1)!}?`);
  const replicas = values.replicas === undefined ? null : wholeNumber('--replicas', values.replicas, 4);
  if (replicas !== null && replicas !== 4 && replicas !== 7) throw new UsageError('--replicas: 4 or 7');
  if (options !== null && !replay) throw new UsageError('--options: only with --replay');
  const from = replay ? (positionals[0] ?? values.from) : values.from;
  return {
    seeds: values.seeds === undefined ? DEFAULT_SEEDS : wholeNumber('--seeds', values.seeds, 1),
    from: from === undefined ? 1 : wholeNumber('--from', from, 0),
    replicas,
    schedule,
    plant: plant === undefined ? null : plantNamed(plant)!.name,
    json,
    replay,
    options,
    first,
    help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        seeds: { type: 'string' },
        from: { type: 'string' },
        replicas: { type: 'string' },
        schedule: { type: 'string' },
        plant: { type: 'string' },
        options: { type: 'string' },
        json: { type: 'boolean' },
        replay: { type: 'boolean' },
        first: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
    throw new UsageError(`${name}: a whole number of at least ${String(least)}, not ${JSON.stringify(text)}`);
  }
  return value;
}
