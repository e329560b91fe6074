/**
 * Makes a genesis of cards: who takes part, checked against one another.
 * @module
 */
import { CountersignError } from '../../shared/errors.ts';
import { assertName } from '../../shared/text/name.ts';
import type { Card } from './card.ts';
import type { RegistryPolicy } from '../../shared/domain/registry.ts';
import { DEFAULT_LIMITS, DEFAULT_POLICY, checkGenesis, sortedGenesis, type Genesis } from './genesis.ts';
import { lookOf } from './look.ts';
import { REPLICAS_MAX, REPLICAS_MIN, SUPERVISORS_MAX } from './limits.ts';

export interface ComposeOptions {
  readonly name: string;
  /** Milliseconds since 1970 in UTC. */
  readonly createdAtMs: number;
  /** Verified by `verifyCards`, in any order. */
  readonly cards: readonly Card[];
  /** `DEFAULT_POLICY` unless given. */
  readonly policy?: RegistryPolicy;
}

type Kind<K extends Card['kind']> = Extract<Card, { kind: K }>;

/**
 * The genesis of these cards. Throws `name.*`, `card.duplicate`, `card.addressTaken`, `name.alike`, `card.tooFew`,
 * `card.tooMany` and what `checkGenesis` throws.
 */
export function composeGenesis({ name, createdAtMs, cards, policy }: ComposeOptions): Genesis {
  assertName(name);
  checkTogether(cards);
  const replicas = cards.filter((card): card is Kind<'replica'> => card.kind === 'replica');
  const supervisors = cards.filter((card): card is Kind<'supervisor'> => card.kind === 'supervisor');
  checkCount('replica', replicas.length, REPLICAS_MIN, REPLICAS_MAX);
  checkCount('supervisor', supervisors.length, 1, SUPERVISORS_MAX);
  const genesis = sortedGenesis({
    name,
    createdAtMs,
    replicas: replicas.map(({ name, organisation, publicKey, host, port }) => ({
      name,
      organisation,
      publicKey,
      host,
      port,
    })),
    supervisors: supervisors.map(({ name, organisation, publicKey }) => ({ name, organisation, publicKey })),
    policy: policy ?? DEFAULT_POLICY,
    limits: DEFAULT_LIMITS,
  });
  checkGenesis(genesis);
  return genesis;
}

/**
 * Throws unless these cards can stand in one genesis: `card.duplicate` for a key that stands twice,
 * `card.addressTaken`, and `name.alike` for two replicas or two supervisors that nobody could tell apart.
 */
export function checkTogether(cards: readonly Card[]): void {
  const keys = new Set<string>();
  const addresses = new Map<string, string>();
  const names = new Map<string, string>();
  for (const card of cards) {
    const { kind, name, organisation, publicKey } = card;
    if (keys.has(publicKey)) throw new CountersignError('card.duplicate', { name, publicKey });
    keys.add(publicKey);
    const look = `${kind} ${lookOf(name, organisation)}`;
    const other = names.get(look);
    if (other !== undefined) throw new CountersignError('name.alike', { name, other });
    names.set(look, name);
    if (kind !== 'replica') continue;
    const address = `${card.host}:${String(card.port)}`;
    const taken = addresses.get(address);
    if (taken !== undefined) {
      throw new CountersignError('card.addressTaken', { name, other: taken, address });
    }
    addresses.set(address, name);
  }
}

function checkCount(kind: Card['kind'], found: number, needed: number, maxCards: number): void {
  if (found < needed) throw new CountersignError('card.tooFew', { kind, found, needed });
  if (found > maxCards) throw new CountersignError('card.tooMany', { kind, found, maxCards });
}
