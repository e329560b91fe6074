/**
 * The keys of this machine as the console shows them, and what can be done with them. A private key leaves the main
 * process in one form alone: encrypted under a passphrase that a person chose (SECURITY.md 7).
 * @module
 */
import { z } from 'zod';
import { countSchema, errorSchema, hashSchema, textSchema, timeSchema } from './basics.ts';

/** Largest key in PEM that is taken, in characters. */
export const KEY_PEM_CHARS_MAX = 16_384;
/** Largest backup, in characters of base64: 64 KiB. */
export const BACKUP_CHARS_MAX = 87_384;
/** Longest label of a key, in characters. */
export const KEY_LABEL_CHARS_MAX = 255;
/** Shortest and longest time that a key may stay unlocked, in milliseconds. */
export const AUTO_LOCK_MIN_MS = 60_000;
export const AUTO_LOCK_MAX_MS = 4 * 3_600_000;

const nothing = z.strictObject({});
export const passphraseSchema = z.string().min(1).max(1_024);
const backupSchema = z.base64().min(1).max(BACKUP_CHARS_MAX);

/** One key of this machine. */
export const vaultKeySchema = z.strictObject({
  publicKey: hashSchema,
  label: textSchema,
  purpose: z.enum(['supervisor', 'replica']),
  /** When it was made, or came into the vault; `null` where that is not known. */
  createdAtMs: timeSchema.nullable(),
  /** Whether the network knows it as a supervisor's, and by which name. `null` while no network runs. */
  registered: z.boolean().nullable(),
  name: textSchema,
  /** Whether it is the one that signs. */
  signs: z.boolean(),
});

/** The vault of this data directory. `legacy`: a key file of an older version, which the next unlock makes a vault. */
export const vaultSchema = z.strictObject({
  state: z.enum(['none', 'legacy', 'ready', 'unusable']),
  keys: z.array(vaultKeySchema),
  autoLockMs: countSchema,
  /** The system's keychain: the one that could wrap the vault, and the one that does. */
  keychain: z.strictObject({ available: textSchema.nullable(), used: textSchema.nullable() }),
  /** Why the vault cannot be read. */
  error: errorSchema.nullable(),
});

/** What the drill found: each key, and where it was. */
export const backupCheckSchema = z.strictObject({
  madeAtMs: timeSchema,
  keys: z.array(
    z.strictObject({
      publicKey: hashSchema,
      label: textSchema,
      place: z.enum(['both', 'backupOnly', 'vaultOnly']),
    }),
  ),
  complete: z.boolean(),
});

/** The channels of the Keys page. */
export const keyChannels = {
  /**
   * Unlocks the key that signs. Where the snapshot says `confirmation: 'window'`, the passphrase is asked for in a window
   * of its own, and must be `null` here (`confirm.passphraseHere`); everywhere else it must be given.
   */
  'key.unlock': { input: z.strictObject({ passphrase: passphraseSchema.nullable() }), output: nothing },
  'key.lock': { input: nothing, output: nothing },
  'key.list': { input: nothing, output: vaultSchema },
  /** How long the key stays unlocked. A shorter time counts at once, a longer one from the next unlock on. */
  'key.autoLock': {
    input: z.strictObject({ autoLockMs: z.number().int().min(AUTO_LOCK_MIN_MS).max(AUTO_LOCK_MAX_MS) }),
    output: nothing,
  },
  'key.changePassphrase': {
    input: z.strictObject({ current: passphraseSchema, next: passphraseSchema }),
    output: nothing,
  },
  /** Takes the key of an encrypted PEM file into the vault; where there is none, makes one. */
  'key.import': {
    input: z.strictObject({
      text: z.string().max(KEY_PEM_CHARS_MAX),
      filePassphrase: passphraseSchema,
      label: z.string().trim().max(KEY_LABEL_CHARS_MAX),
      passphrase: passphraseSchema,
    }),
    output: z.strictObject({ publicKey: hashSchema }),
  },
  /** Makes a supervisor's key in the vault; where there is no vault, makes one. */
  'key.create': {
    input: z.strictObject({
      label: z.string().trim().max(KEY_LABEL_CHARS_MAX),
      passphrase: passphraseSchema,
    }),
    output: z.strictObject({ publicKey: hashSchema }),
  },
  /** One key as encrypted PEM, as the text of a file. */
  'key.export': {
    input: z.strictObject({
      publicKey: hashSchema,
      passphrase: passphraseSchema,
      filePassphrase: passphraseSchema,
    }),
    output: z.strictObject({ fileName: textSchema, text: z.string().max(KEY_PEM_CHARS_MAX) }),
  },
  /** All keys, encrypted, as the base64 of a file. */
  'key.backup': {
    input: z.strictObject({ passphrase: passphraseSchema, backupPassphrase: passphraseSchema }),
    output: z.strictObject({ fileName: textSchema, data: backupSchema }),
  },
  /** The drill: opens a backup and compares it with the vault. Changes nothing. */
  'key.verifyBackup': {
    input: z.strictObject({ data: backupSchema, passphrase: passphraseSchema }),
    output: backupCheckSchema,
  },
  /** Makes the vault of a backup, where there is none or where it does not open. */
  'key.restore': {
    input: z.strictObject({ data: backupSchema, passphrase: passphraseSchema }),
    output: nothing,
  },
  /** Has the system's keychain wrap the vault as well, or no longer. */
  'key.keychain': {
    input: z.strictObject({ passphrase: passphraseSchema, use: z.boolean() }),
    output: nothing,
  },
} as const;

export type VaultView = z.infer<typeof vaultSchema>;
export type VaultKeyView = z.infer<typeof vaultKeySchema>;
export type BackupCheck = z.infer<typeof backupCheckSchema>;
