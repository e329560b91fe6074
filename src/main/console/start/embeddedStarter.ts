/**
 * Starts an embedded network: one replica in this process, the others in processes of their own.
 * @module
 */
import { EmbeddedNetwork, supervisorKeyPath } from '../../replica/embeddedNetwork.ts';
import type { Starter } from './starter.ts';

/** See the module. */
export const embeddedStarter: Starter = {
  async start({ directory, verifier, startChild, onPhase }) {
    const network = await EmbeddedNetwork.start({ directory, verifier, startChild, onPhase });
    return {
      node: network.node,
      embedded: network,
      supervisorKeyPath: supervisorKeyPath(directory),
      stop: async () => await network.stop(),
    };
  },
};
