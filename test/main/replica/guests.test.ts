import { describe, expect, it } from 'vitest';
import { REMOVED_GUESTS_MAX, admissionOf, guestsAt, type Guest } from '../../../src/main/replica/guests.ts';
import { GuestWatch, type GuestWatchOptions } from '../../../src/main/replica/guestWatch.ts';
import { membershipOf } from '../../../src/main/consensus/config.ts';
import type { PlacedRegistryRequest } from '../../../src/main/ledger/registry/replay.ts';
import type { RegistryAction, RegistryChange } from '../../../src/shared/domain/registry.ts';
import { addReplica } from '../../support/epochs.ts';
import { makeGenesis } from '../../support/ledger.ts';
import { newKey, proofOf } from '../../support/registry.ts';

const network = makeGenesis({ supervisors: 2 });
const { genesis } = network;
const [ada, bea] = genesis.supervisors;
const founders = genesis.replicas;

/** What two supervisors did, one block each: Ada proposes, and Bea approves where it says so. */
class Doings {
  readonly requests: PlacedRegistryRequest[] = [];

  propose(change: RegistryChange): string {
    return this.#add(ada!.publicKey, { type: 'propose', change });
  }

  approve(proposalId: string): void {
    this.#add(bea!.publicKey, { type: 'approve', proposalId });
  }

  withdraw(proposalId: string): void {
    this.#add(ada!.publicKey, { type: 'withdraw', proposalId });
  }

  change(change: RegistryChange): void {
    this.approve(this.propose(change));
  }

  get height(): number {
    return this.requests.length;
  }

  /** As `name: as`, at the last height unless another is given. */
  guests(height = this.height): string[] {
    const upTo = this.requests.filter((request) => request.height <= height);
    return guestsAt(genesis, upTo, height).map(({ entry, as }) => `${entry.publicKey.slice(0, 8)} ${as}`);
  }

  #add(supervisor: string, action: RegistryAction): string {
    const height = this.height + 1;
    const id = height.toString(16).padStart(64, '0');
    this.requests.push({ height, id, supervisor, action });
    return id;
  }
}

const short = ({ publicKey }: { publicKey: string }): string => publicKey.slice(0, 8);

describe('guests', () => {
  it('are those that are proposed, until they are admitted', () => {
    const doings = new Doings();
    const key = newKey(1);
    const proposal = doings.propose(addReplica(network, key));
    expect(doings.guests()).toEqual([`${short(key)} proposed`]);
    doings.approve(proposal);
    expect(doings.guests()).toEqual([]);
    expect(doings.guests(1)).toEqual([`${short(key)} proposed`]);
  });

  it('are no guests when the proposal is withdrawn, or has expired', () => {
    const doings = new Doings();
    const key = newKey(1);
    const proposal = doings.propose(addReplica(network, key));
    const { proposalBlocks } = genesis.policy;
    expect(doings.guests(proposalBlocks)).toHaveLength(1);
    expect(doings.guests(1 + proposalBlocks)).toEqual([]);
    doings.withdraw(proposal);
    expect(doings.guests()).toEqual([]);
  });

  it('are those that were removed, also when the set changes again: they may be behind', () => {
    const doings = new Doings();
    doings.change(addReplica(network, newKey(1), 41_001));
    doings.change({ kind: 'removeReplica', publicKey: founders[0]!.publicKey });
    expect(doings.guests()).toEqual([`${short(founders[0]!)} removed`]);
    doings.propose(addReplica(network, newKey(2), 41_002));
    expect(doings.guests()).toEqual([`${short(founders[0]!)} removed`, `${short(newKey(2))} proposed`]);
    doings.change(addReplica(network, newKey(3), 41_003));
    expect(doings.guests()).toEqual([`${short(founders[0]!)} removed`, `${short(newKey(2))} proposed`]);
    doings.change({ kind: 'removeReplica', publicKey: founders[1]!.publicKey });
    expect(doings.guests().slice(0, 2)).toEqual([
      `${short(founders[0]!)} removed`,
      `${short(founders[1]!)} removed`,
    ]);
  });

  it('are the last to be removed, where there are many', () => {
    const doings = new Doings();
    const keys = Array.from({ length: REMOVED_GUESTS_MAX + 3 }, (_, number) => newKey(number));
    for (const [number, key] of keys.entries()) {
      doings.change(addReplica(network, key, 42_000 + number));
      doings.change({ kind: 'removeReplica', publicKey: key.publicKey });
    }
    expect(doings.guests()).toEqual(keys.slice(3).map((key) => `${short(key)} removed`));
  });

  it('have the address of the replica whose key they are to take over, and then that one is a guest', () => {
    const doings = new Doings();
    const key = newKey(1);
    const { publicKey, host, port, name } = founders[1]!;
    const proof = proofOf(network, key);
    const proposal = doings.propose({
      kind: 'rotateReplica',
      publicKey,
      newPublicKey: key.publicKey,
      proof,
    });
    const [guest] = guestsAt(genesis, doings.requests, 1);
    expect(guest).toMatchObject({ as: 'proposed', entry: { publicKey: key.publicKey, host, port, name } });
    doings.approve(proposal);
    expect(doings.guests()).toEqual([`${short(founders[1]!)} removed`]);
  });

  it('are not those whose address alone has changed; a removed one that is proposed again is proposed', () => {
    const doings = new Doings();
    doings.change({ kind: 'updateReplica', replica: { ...founders[2]!, port: 41_009 } });
    expect(doings.guests()).toEqual([]);
    const key = newKey(1);
    doings.change(addReplica(network, key));
    doings.change({ kind: 'removeReplica', publicKey: key.publicKey });
    doings.propose(addReplica(network, key));
    expect(doings.guests()).toEqual([`${short(key)} proposed`]);
  });
});

describe('where a replica stands', () => {
  const entry = { ...founders[0]!, publicKey: newKey(1).publicKey };
  const guests: readonly Guest[] = [{ entry, as: 'proposed' }];

  it('is said by its key', () => {
    expect(admissionOf(founders, guests, founders[3]!.publicKey)).toEqual({
      admission: 'member',
      entry: founders[3],
    });
    expect(admissionOf(founders, guests, entry.publicKey)).toEqual({ admission: 'proposed', entry });
    expect(admissionOf(founders, guests, newKey(2).publicKey)).toEqual({ admission: 'unknown', entry: null });
  });
});

describe('watching guests', () => {
  const key = newKey(1);
  const checkpointAt = (height: number, registryDigest: string) => ({
    height,
    hash: '',
    certificate: null,
    registryDigest,
    executedDigest: '',
    executedCount: 0,
  });

  function watch(ownKey: string, doings: Doings, more: Partial<GuestWatchOptions> = {}) {
    const told: unknown[] = [];
    const guests = new GuestWatch({
      genesis,
      store: {
        registryRequests: async (height) =>
          await Promise.resolve(doings.requests.filter((request) => request.height <= height)),
      },
      membership: membershipOf(genesis, ownKey),
      guests: [],
      registryDigest: 'first',
      onGuests: (entries) => told.push(entries.map(short)),
      onAdmission: (admission) => told.push(admission),
      onReadFailed: (error) => told.push(error),
      ...more,
    });
    return { guests, told };
  }

  it('a member lets them in when the registry has changed, and not before', async () => {
    const doings = new Doings();
    const { guests, told } = watch(founders[0]!.publicKey, doings);
    doings.propose(addReplica(network, key));
    guests.stableAt(checkpointAt(1, 'first'));
    await guests.stop();
    expect(told).toEqual([]);

    const second = watch(founders[0]!.publicKey, doings);
    second.guests.stableAt(checkpointAt(1, 'second'));
    second.guests.stableAt(checkpointAt(2, 'second'));
    await new Promise(setImmediate);
    expect(second.told).toEqual([[short(key)]]);
    expect(second.guests.admission).toBe('member');
  });

  it('one that is proposed itself hears of it, and lets nobody in', async () => {
    const doings = new Doings();
    const { guests, told } = watch(key.publicKey, doings);
    expect(guests.admission).toBe('unknown');
    doings.propose(addReplica(network, key));
    guests.stableAt(checkpointAt(1, 'second'));
    await new Promise(setImmediate);
    expect(told).toEqual([[], 'proposed']);
  });

  it('one that is admitted is not told for a moment that nobody knows it', async () => {
    const doings = new Doings();
    const { guests, told } = watch(key.publicKey, doings);
    const proposalId = doings.propose(addReplica(network, key));
    guests.stableAt(checkpointAt(1, 'second'));
    await new Promise(setImmediate);
    doings.approve(proposalId);
    // The block that admits it is the last of the epoch: both are announced in one go.
    guests.stableAt(checkpointAt(2, 'third'));
    guests.end();
    await guests.stop();
    expect(told).toEqual([[], 'proposed']);
    expect(guests.admission).toBe('proposed');
  });

  it('what cannot be read is told, and after the end nothing is', async () => {
    const failure = new Error('the disk');
    const { guests, told } = watch(key.publicKey, new Doings(), {
      store: { registryRequests: async () => await Promise.reject(failure) },
    });
    guests.stableAt(checkpointAt(1, 'second'));
    await new Promise(setImmediate);
    expect(told).toEqual([failure]);
    await guests.stop();
    guests.stableAt(checkpointAt(2, 'third'));
    await new Promise(setImmediate);
    expect(told).toEqual([failure]);
  });
});
