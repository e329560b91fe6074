/**
 * What it costs to try a passphrase on a vault: scrypt (RFC 7914), in libuv's thread pool, never on the thread that
 * calls. A vault names its own cost, so the cost is checked against a floor and a ceiling before any of it is paid.
 * @module
 */
import { createHmac, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { CountersignError } from '../../../shared/errors.ts';

/** Parameters of scrypt. `N` is a power of two. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** What new vaults cost, and the least that is accepted of one that is read. */
export interface CostPolicy {
  readonly write: ScryptCost;
  readonly floor: ScryptCost;
}

/** The cost of vaults that this program writes: 128 MiB and a fraction of a second for each guess. */
export const VAULT_COST = { N: 2 ** 17, r: 8, p: 1 } as const;
/** The policy of the program. Tests inject a cheaper one; nothing in `src` does. */
export const VAULT_POLICY: CostPolicy = { write: VAULT_COST, floor: VAULT_COST };
/** The most memory that a vault may make scrypt use: a hostile file must not exhaust the machine. */
export const VAULT_MEMORY_MAX_BYTES = 512 * 1024 * 1024;
/** The most work (N * r * p) that a vault may ask of scrypt: eight times that of our own, some seconds. */
export const VAULT_WORK_MAX = 2 ** 23;

/** Length of the salt, which is new each time a vault is sealed. */
export const SALT_BYTES = 32;
/** Length of the key-check value. */
export const CHECK_BYTES = 32;
const KEY_BYTES = 32;
const LABEL_ENCRYPT = 'countersign vault 1: encryption key';
const LABEL_CHECK = 'countersign vault 1: key check';

/** What a passphrase opens a vault with. Erase it after use. */
export interface VaultSecrets {
  readonly encryptionKey: Buffer;
  /**
   * Equal to the vault's where the passphrase is right. It tells a wrong passphrase from an altered vault, and helps
   * nobody to guess: each guess still costs the whole of scrypt, as it does with the tag of the encrypted part.
   */
  readonly check: Buffer;
}

const scryptAsync = promisify<Uint8Array, Uint8Array, number, object, Buffer>(scrypt);

/** Throws `vault.weakParameters` or `vault.costlyParameters` for a cost out of bounds. */
export function checkCost(cost: ScryptCost, { floor }: CostPolicy): void {
  const { N, r, p } = cost;
  const named = { N, r, p };
  if (N < floor.N || r < floor.r || p < floor.p) throw new CountersignError('vault.weakParameters', named);
  const isTooMuch = memoryBytes(cost) > VAULT_MEMORY_MAX_BYTES || N * r * p > VAULT_WORK_MAX;
  if (isTooMuch || !Number.isInteger(Math.log2(N))) {
    throw new CountersignError('vault.costlyParameters', named);
  }
}

/** Derives from a passphrase what opens a vault with this salt and cost, which must have been checked. */
export async function deriveSecrets(
  passphrase: Uint8Array,
  salt: Uint8Array,
  cost: ScryptCost,
): Promise<VaultSecrets> {
  // Twice the need, so that rounding inside OpenSSL never refuses what is within our own bounds.
  const maxmem = 2 * memoryBytes(cost);
  const master = await scryptAsync(passphrase, salt, KEY_BYTES, { ...cost, maxmem });
  try {
    return { encryptionKey: derive(master, LABEL_ENCRYPT), check: derive(master, LABEL_CHECK) };
  } finally {
    master.fill(0);
  }
}

function derive(master: Uint8Array, label: string): Buffer {
  return createHmac('sha256', master).update(label).digest();
}

function memoryBytes({ N, r, p }: ScryptCost): number {
  return 128 * r * (N + p);
}
