/**
 * The channels of the Keys page. Those that need no network work as soon as the data directory is locked, so that a
 * backup can be restored before anything is set up.
 * @module
 */
import type { KeyView } from '../../../shared/contract/model.ts';
import type { VaultView } from '../../../shared/contract/keys.ts';
import type { Confirmer } from '../confirm/confirmer.ts';
import { unlockForPage } from '../confirm/pageCalls.ts';
import type { Handlers } from '../dispatch.ts';
import { toConsoleError } from '../errors.ts';
import { requireKeyring, type Keyring } from '../keyring.ts';
import type { Running } from '../running.ts';
import type { Settings } from '../settings.ts';
import type { KeyStore } from './keyStore.ts';

/** What the handlers work with. Each throws why it is not there. */
export interface KeyHandlerContext {
  readonly running: () => Running;
  readonly keys: () => KeyStore;
  readonly settings: () => Settings;
  /** `null` while no network runs. */
  readonly keyring: () => Keyring | null;
  /** Asks a person in a window of its own; `null` where the page does. */
  readonly confirmer: Confirmer | null;
}

type KeyHandlers = { readonly [C in Extract<keyof Handlers, `key.${string}`>]: Handlers[C] };

export function createKeyHandlers(context: KeyHandlerContext): KeyHandlers {
  const { running, keys, settings, keyring, confirmer } = context;
  return {
    'key.unlock': async (input) => {
      await unlockForPage(running(), confirmer, input);
      return {};
    },
    'key.lock': async () => {
      requireKeyring(running().keyring).lock();
      return {};
    },
    'key.list': async () => vaultView(keys(), settings(), keyring()?.view() ?? null, registryOf(context)),
    'key.autoLock': async ({ autoLockMs }) => {
      await settings().setAutoLockMs(autoLockMs);
      keyring()?.shorten();
      return {};
    },
    'key.changePassphrase': async ({ current, next }) => {
      await keys().changePassphrase(current, next);
      return {};
    },
    'key.import': async ({ text, filePassphrase, label, passphrase }) => ({
      publicKey: await keys().importPem(text, filePassphrase, label, passphrase),
    }),
    'key.create': async ({ label, passphrase }) => ({
      publicKey: await keys().makeKey(label, passphrase),
    }),
    'key.export': async ({ publicKey, passphrase, filePassphrase }) => {
      const { fileName, content } = await keys().exportPem(publicKey, passphrase, filePassphrase);
      return { fileName, text: content };
    },
    'key.backup': async ({ passphrase, backupPassphrase }) => {
      const { fileName, content } = await keys().backup(passphrase, backupPassphrase);
      return { fileName, data: Buffer.from(content).toString('base64') };
    },
    'key.verifyBackup': async ({ data, passphrase }) => {
      const result = await keys().verifyBackup(Buffer.from(data, 'base64'), passphrase);
      return { madeAtMs: result.sealedAtMs, keys: [...result.keys], complete: result.complete };
    },
    'key.restore': async ({ data, passphrase }) => {
      await keys().restore(Buffer.from(data, 'base64'), passphrase);
      return {};
    },
    'key.keychain': async ({ passphrase, use }) => {
      await keys().useKeychain(passphrase, use);
      return {};
    },
  };
}

type Registry = Running['registry'];

function registryOf({ keyring, running }: KeyHandlerContext): Registry | null {
  return keyring() === null ? null : running().registry;
}

function vaultView(
  keys: KeyStore,
  settings: Settings,
  active: KeyView | null,
  registry: Registry | null,
): VaultView {
  const { failure, keychains } = keys;
  return {
    state: keys.state,
    keys: keys.keys.map(({ publicKey, label, purpose, createdAtMs }) => {
      const supervisor = registry?.stable.supervisor(publicKey);
      return {
        publicKey,
        label,
        purpose,
        createdAtMs: createdAtMs === 0 ? null : createdAtMs,
        registered: registry === null ? null : supervisor !== undefined,
        name: supervisor?.name ?? '',
        signs: active?.publicKey === publicKey,
      };
    }),
    autoLockMs: settings.autoLockMs,
    keychain: { ...keychains },
    error: failure === null ? null : toConsoleError(failure),
  };
}
