/**
 * Starts an embedded network: one replica in this process, the others in processes of their own.
 * @module
 */
import { EmbeddedNetwork, supervisorKeyPath } from '../../replica/embeddedNetwork.ts';
import type { Starter } from './starter.ts';

/** See the module. */
export const embeddedStarter: Starter = {
  async start(context) {
    const { directory } = context;
    const network = await EmbeddedNetwork.start(context);
    return {
      node: network.node,
      embedded: network,
      supervisorKeyPath: supervisorKeyPath(directory),
      wake: () => network.wake(),
      stop: async () => await network.stop(),
    };
  },
};
