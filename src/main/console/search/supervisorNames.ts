/**
 * What each supervisor was called when: a request is found by the name that its signer had in its block.
 * @module
 */
import type { Hex } from '../../../shared/encoding/hex.ts';
import type { Genesis } from '../../ledger/genesis.ts';
import { Registry } from '../../ledger/registry/registry.ts';
import { historyOf, type PlacedRegistryRequest } from '../../ledger/registry/replay.ts';

interface Name {
  /** Of the first block in which the name counts. */
  readonly fromHeight: number;
  readonly name: string;
}

export class SupervisorNames {
  readonly #names = new Map<Hex, Name[]>();

  /** `requests` are all changes of the registry up to `height`, lowest first. */
  constructor(genesis: Genesis, requests: readonly PlacedRegistryRequest[], height: number) {
    this.#note(Registry.ofGenesis(genesis), 0);
    // A change counts from the block after the one that brings it about.
    for (const event of historyOf(genesis, requests, height)) this.#note(event.registry, event.height + 1);
  }

  /** The name of a key in the block at `height`; empty for one that was never registered. */
  nameAt(publicKey: Hex, height: number): string {
    const names = this.#names.get(publicKey) ?? [];
    return (names.findLast(({ fromHeight }) => fromHeight <= height) ?? names[0])?.name ?? '';
  }

  #note(registry: Registry, fromHeight: number): void {
    for (const { publicKey, name } of registry.members.supervisors.values()) {
      const names = this.#names.get(publicKey) ?? [];
      if (names.at(-1)?.name !== name) names.push({ fromHeight, name });
      this.#names.set(publicKey, names);
    }
  }
}
