/**
 * The system's keychain (Electron's `safeStorage`) as one more wrap around the vault (SECURITY.md 9).
 *
 * On Linux Electron falls back to a key that every program knows (`basic_text`) where it finds no keychain, and says
 * so: that protects nothing, and is refused, as is every name that is not known to be a keychain.
 * @module
 */
import { safeStorage } from 'electron';
import type { OuterWrap } from '../keys/vault/outerWrap.ts';

/** What `getSelectedStorageBackend` calls keychains that protect something. */
const LINUX_KEYCHAINS: readonly string[] = ['gnome_libsecret', 'kwallet', 'kwallet5', 'kwallet6'];
const OTHER_KEYCHAINS: Partial<Record<NodeJS.Platform, string>> = { darwin: 'keychain', win32: 'dpapi' };

/** The keychain of this session; `null` where there is none that protects anything. Once the app is ready. */
export async function findKeychain(platform: NodeJS.Platform = process.platform): Promise<OuterWrap | null> {
  const keychain = keychainName(platform);
  if (keychain === undefined || !(await isAvailable())) return null;
  return {
    keychain,
    // It takes text alone.
    wrap: async (bytes) =>
      new Uint8Array(await safeStorage.encryptStringAsync(Buffer.from(bytes).toString('base64'))),
    unwrap: async (bytes) => {
      // `shouldReEncrypt` is left alone: nothing is written that nobody asked for.
      const { result } = await safeStorage.decryptStringAsync(Buffer.from(bytes));
      return new Uint8Array(Buffer.from(result, 'base64'));
    },
  };
}

function keychainName(platform: NodeJS.Platform): string | undefined {
  if (platform !== 'linux') return OTHER_KEYCHAINS[platform];
  const backend = safeStorage.getSelectedStorageBackend();
  return LINUX_KEYCHAINS.includes(backend) ? backend : undefined;
}

async function isAvailable(): Promise<boolean> {
  try {
    return await safeStorage.isAsyncEncryptionAvailable();
  } catch {
    return false;
  }
}
