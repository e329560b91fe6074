/**
 * What a person asks the desktop program to open from outside: a link to a page, a receipt, a request, a draft. The
 * program keeps it until the page asks for it, one after another. A page in a browser is never told of any.
 * @module
 */
import { z } from 'zod';
import { countSchema, errorSchema, itemIdSchema } from './basics.ts';
import { verificationSchema } from './proof.ts';

/** Most links and files that wait to be opened. */
export const OPENINGS_MAX = 100;
/** Longest name of a file or text of a link that is shown, in characters. */
export const OPENING_NAME_CHARS_MAX = 255;
/** Longest address of a page, in characters. */
export const PAGE_PATH_CHARS_MAX = 1_024;

const nameSchema = z.string().max(OPENING_NAME_CHARS_MAX);

/** What became of one link or file. */
export const openedSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('page'),
    path: z.string().max(PAGE_PATH_CHARS_MAX).startsWith('/'),
  }),
  z.strictObject({ kind: z.literal('receipt'), name: nameSchema, verification: verificationSchema }),
  /** A request or draft, which is now in the inbox, or was there already. Nothing was signed or sent. */
  z.strictObject({ kind: z.literal('item'), id: itemIdSchema }),
  /** `name`: of the file, where one was read. */
  z.strictObject({ kind: z.literal('failed'), name: nameSchema.nullable(), error: errorSchema }),
]);

export const openingStepSchema = z.strictObject({
  /** `null`: nothing can be opened now. */
  opened: openedSchema.nullable(),
  /** Of what was opened: the page names it when it asks for the next. */
  number: countSchema,
  /** Names of what still waits, in order. */
  waiting: z.array(nameSchema).max(OPENINGS_MAX),
});

export const openingChannels = {
  /**
   * Opens the next of what waits, and says what became of it. While the network does not run, only what cannot be opened
   * at all is answered; everything else waits.
   *
   * `taken`: the number of the last answer that the page has; 0 for a page that has none. An answer that never arrived,
   * because the page was loaded again meanwhile, is given once more.
   */
  'opening.next': { input: z.strictObject({ taken: countSchema }), output: openingStepSchema },
} as const;

export type Opened = z.infer<typeof openedSchema>;
export type OpeningStep = z.infer<typeof openingStepSchema>;
