/**
 * The channels of the Registry page.
 * @module
 */
import { networkIdOf } from '../../ledger/genesis.ts';
import type { SignatureVerifier } from '../../replica/inbox.ts';
import type { Handlers } from '../dispatch.ts';
import type { KeyStore } from '../keys/keyStore.ts';
import type { Running } from '../running.ts';
import { cardView, makeOwnCard, readCards } from './registryCards.ts';

/** What the handlers work with. Each throws why it is not there. */
export interface RegistryHandlerContext {
  readonly running: () => Running;
  readonly keys: () => KeyStore;
  readonly verifier: SignatureVerifier;
}

type RegistryHandlers = { readonly [C in Extract<keyof Handlers, `registry.${string}`>]: Handlers[C] };

export function createRegistryHandlers({
  running,
  keys,
  verifier,
}: RegistryHandlerContext): RegistryHandlers {
  return {
    'registry.get': async () => await running().registryReads.view(),
    'registry.history': async (input) => await running().registryReads.history(input),
    'registry.readCards': async ({ cardText }) => ({
      cards: (await readCards(cardText, verifier)).map(cardView),
    }),
    'registry.propose': async ({ proposal }) => ({
      itemId: (await running().registryDrafts.propose(proposal)).id,
    }),
    'registry.act': async ({ type, proposalId }) => ({
      itemId: (await running().registryDrafts.act(type, proposalId)).id,
    }),
    'registry.makeCard': async (input) =>
      await makeOwnCard(keys(), networkIdOf(running().node.genesis), input),
  };
}
