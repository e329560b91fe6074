/**
 * What the objects of the console's contract are made of.
 * @module
 */
import { z } from 'zod';

const HASH_CHARS = 64;
/** Longest text in any field, in UTF-16 code units. Longer ones are cut before they are sent. */
const TEXT_MAX = 32_767;

export const hashSchema = z
  .string()
  .length(HASH_CHARS)
  .regex(/^[0-9a-f]+$/);
export const signatureSchema = z
  .string()
  .length(2 * HASH_CHARS)
  .regex(/^[0-9a-f]+$/);
export const timeSchema = z.number().int().nonnegative();
export const countSchema = z.number().int().nonnegative();
export const textSchema = z.string().max(TEXT_MAX);
/** Id of a draft or request in the inbox, given by the main process. */
export const itemIdSchema = z.string().min(1).max(64);

/** An error as data: the page has the words for each code. */
export const errorSchema = z.strictObject({
  code: z.string().max(64),
  data: z.record(z.string().max(64), z.union([textSchema, z.number()])),
});

export const memberSchema = z.strictObject({
  publicKey: hashSchema,
  name: textSchema,
  organisation: textSchema,
});

export type ConsoleError = z.infer<typeof errorSchema>;
export type Member = z.infer<typeof memberSchema>;
