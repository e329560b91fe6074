/**
 * `countersign status`: where each replica of a network stands. It fails only where none can be reached.
 * @module
 */
import { CountersignError, toPlainError } from '../../../shared/errors.ts';
import { networkIdOf } from '../../ledger/genesis.ts';
import { describeError, type Output } from '../output.ts';
import { genesisOf, withClient, type Places } from '../session.ts';

export async function status(options: Places, output: Output): Promise<void> {
  const genesis = await genesisOf(options);
  const { epoch, replicas } = await withClient(genesis, 0, {}, async (client) => {
    // Who answers at all does so soon; whether the others run is what is asked for.
    await client.waitForReplicas('all', SETTLE_MS).catch(() => undefined);
    const set = client.replicas;
    const found = await Promise.all(
      set.replicas.map(async ({ name, publicKey, host, port }, index) => {
        const place = { index, name, publicKey, address: `${host}:${String(port)}` };
        try {
          const { tipHeight, stableHeight, connectedReplicas, participating } =
            await client.replicaStatus(index);
          return { ...place, reachable: true, tipHeight, stableHeight, connectedReplicas, participating };
        } catch (error) {
          const lastError = client.status()[index]?.lastError ?? toPlainError(error);
          return { ...place, reachable: false, error: lastError };
        }
      }),
    );
    return { epoch: set.epoch, replicas: found };
  });
  const lines = replicas.map((replica) =>
    'tipHeight' in replica
      ? `${replica.name}  ${replica.address}  height ${String(replica.tipHeight)}, stable ${String(replica.stableHeight)}, connected with ${String(replica.connectedReplicas)} of ${String(replicas.length)}${replica.participating ? '' : ', only follows'}`
      : `${replica.name}  ${replica.address}  not reachable: ${replica.error.code}`,
  );
  if (replicas.every(({ reachable }) => !reachable)) {
    output.note(lines.join('\n'));
    throw new CountersignError('client.noReplica', { replicas: replicas.length });
  }
  for (const replica of replicas) {
    if (!('participating' in replica) || replica.participating) continue;
    output.note(describeError({ code: 'replica.learner', data: { replica: replica.name } }));
  }
  const heading = `${genesis.name}  ${networkIdOf(genesis)}${epoch === 0 ? '' : `  epoch ${String(epoch)}`}`;
  output.result([heading, ...lines].join('\n'), {
    network: genesis.name,
    networkId: networkIdOf(genesis),
    epoch,
    replicas,
  });
}

const SETTLE_MS = 2_000;
