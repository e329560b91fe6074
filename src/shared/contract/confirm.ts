/**
 * The contract of the confirmation window: the few calls that it can make, and what it is shown. It has no other way to
 * the main process, and the console's pages have none to these calls (SECURITY.md 6 and 8).
 * @module
 */
import { z } from 'zod';
import { countSchema, hashSchema, itemIdSchema, textSchema } from './basics.ts';
import { clockSchema } from './clock.ts';
import { RECORDS_PAGE_MAX, SIGN_BATCH_MAX, signResultSchema } from './channels.ts';
import { passphraseSchema } from './keys.ts';
import { itemDetailSchema, itemSchema } from './model.ts';

const nothing = z.strictObject({});

/** What is to be confirmed, and by what a person can tell that it is what they mean. */
export const confirmViewSchema = z.strictObject({
  /** `unlock`: nothing is signed but what already waits for the key. */
  purpose: z.enum(['sign', 'unlock']),
  /** In the order in which the page named them. */
  items: z.array(itemSchema).max(SIGN_BATCH_MAX),
  network: z.strictObject({ networkId: hashSchema, name: textSchema, fingerprint: textSchema }),
  /** The key that signs. */
  key: z.strictObject({
    publicKey: hashSchema,
    name: textSchema,
    unlocked: z.boolean(),
    /** Whether it is a registered supervisor's. */
    registered: z.boolean(),
  }),
  /** Items that were confirmed before, and are signed when the key is unlocked. */
  waiting: countSchema,
  /** What the time left of a proposal is counted from. */
  stableHeight: countSchema,
  /** See `replicaSchema`: what is signed bears the time of this computer. */
  clock: clockSchema.nullable(),
});

export const confirmChannels = {
  /** What is to be confirmed. */
  open: { input: nothing, output: confirmViewSchema },
  /** One of the items, with a page of its records. `draft.changed` where it is not what it was. */
  item: {
    input: z.strictObject({
      id: itemIdSchema,
      firstRecord: countSchema,
      recordCount: z.number().int().min(0).max(RECORDS_PAGE_MAX),
    }),
    output: itemDetailSchema,
  },
  /**
   * Signs the items named, or unlocks. Rejects where nothing was done, such as for a wrong passphrase, which can be tried
   * again; otherwise the outcome of each item.
   */
  confirm: {
    input: z.strictObject({
      ids: z.array(itemIdSchema).max(SIGN_BATCH_MAX),
      /** Unlocks the key. */
      passphrase: passphraseSchema.nullable(),
      /** Whether the items may wait until the key is unlocked. */
      later: z.boolean(),
    }),
    output: z.strictObject({ results: z.array(signResultSchema).max(SIGN_BATCH_MAX) }),
  },
  /** Ends the window. Nothing more is signed. */
  cancel: { input: nothing, output: nothing },
} as const;

export type ConfirmChannels = typeof confirmChannels;
export type ConfirmChannel = keyof ConfirmChannels;
export type ConfirmInput<C extends ConfirmChannel> = z.input<ConfirmChannels[C]['input']>;
export type ConfirmOutput<C extends ConfirmChannel> = z.output<ConfirmChannels[C]['output']>;
export type ConfirmView = z.infer<typeof confirmViewSchema>;

export const CONFIRM_CHANNEL_NAMES = Object.keys(confirmChannels) as ConfirmChannel[];
