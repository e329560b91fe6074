/**
 * "Try it": a supervisor's key and an embedded network, in one data directory.
 * @module
 */
import { createEmbeddedNetwork } from '../../replica/embeddedNetwork.ts';
import type { HandlerInput } from '../dispatch.ts';
import type { KeyStore } from '../keys/keyStore.ts';
import { makeKey, openKey } from '../keys/supervisorKey.ts';

/** Makes them. Throws what keeps it from being made; then a key that was made for it is gone as well. */
export async function makeTrial(
  directory: string,
  keys: KeyStore,
  input: HandlerInput<'setup.try'>,
  nowMs: number,
): Promise<void> {
  const { supervisorName: name, organisation, networkName, passphrase } = input;
  const isNew = keys.state === 'none';
  const publicKey = isNew ? await makeKey(keys, name, passphrase) : await openKey(keys, passphrase);
  try {
    await createEmbeddedNetwork({
      directory,
      networkName,
      supervisor: { name, organisation, publicKey },
      nowMs,
    });
  } catch (error) {
    if (isNew) await keys.discard();
    throw error;
  }
}
