/**
 * What a person has set for the console of this data directory, beside the lock of the key.
 * @module
 */
import { z } from 'zod';
import type { NoticeKind } from '../notices/notices.ts';
import { errorSchema, textSchema } from './basics.ts';

/** Whether a person wants to hear of each kind of event. */
export const noticeWishesSchema = z.strictObject({
  final: z.boolean(),
  refused: z.boolean(),
  approval: z.boolean(),
  viewChange: z.boolean(),
  evidence: z.boolean(),
  outOfStep: z.boolean(),
} satisfies Record<NoticeKind, z.ZodBoolean>);

/** What counts where nothing was set: all of it waits for somebody, and none of it comes often. */
export const NOTICES_BY_DEFAULT: z.infer<typeof noticeWishesSchema> = {
  final: true,
  refused: true,
  approval: true,
  viewChange: true,
  evidence: true,
  outOfStep: true,
};

export const settingsChannels = {
  'settings.get': {
    input: z.strictObject({}),
    output: z.strictObject({
      notices: noticeWishesSchema,
      /** What counts where nothing was set. */
      defaults: z.strictObject({ notices: noticeWishesSchema }),
      /** The network's fingerprint in words. */
      networkWords: textSchema,
      /** Why the defaults count although something was kept: a file that was damaged, or is of a newer version. */
      problem: errorSchema.nullable(),
    }),
  },
  'settings.setNotices': {
    input: z.strictObject({ notices: noticeWishesSchema }),
    output: z.strictObject({}),
  },
} as const;

export type NoticeWishes = z.infer<typeof noticeWishesSchema>;
