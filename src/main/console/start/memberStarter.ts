/**
 * Starts one replica of a real network. The others run elsewhere: it starts without them and waits for a quorum.
 * @module
 */
import { memberPaths, memberSupervisorKey } from '../../replica/memberLayout.ts';
import { loadSigner } from '../../keys/loadSigner.ts';
import { ownAddress } from '../../replica/joinNetwork.ts';
import { ReplicaNode, type ReplicaNodeOptions } from '../../replica/node.ts';
import type { Starter } from './starter.ts';

/**
 * The starter of a data directory that has joined a network. `passphrase`: of the replica's keys. `listen`: where it
 * listens, if not where the registry says, or its card while the registry knows nothing of it.
 */
export function memberStarter(passphrase: string, listen?: ReplicaNodeOptions['listen']): Starter {
  return {
    async start({ directory, verifier, onPhase, onProgress }) {
      const node = await ReplicaNode.start({
        directory: memberPaths.replica(directory),
        keyPath: memberPaths.replicaKey(directory),
        passphrase,
        verifier,
        onPhase,
        onProgress,
        ...(listen === undefined ? {} : { listen }),
        ownAddress: await ownAddress(directory),
      });
      return {
        node,
        embedded: null,
        supervisorKeyPath: await memberSupervisorKey(directory),
        wake: () => node.wake(),
        stop: async () => await node.stop(),
      };
    },
  };
}

/** Throws `key.wrongPassphrase`, or what else keeps the replica's key from being used. */
export async function checkReplicaPassphrase(directory: string, passphrase: string): Promise<void> {
  const signer = await loadSigner(memberPaths.replicaKey(directory), passphrase);
  signer.dispose();
}
