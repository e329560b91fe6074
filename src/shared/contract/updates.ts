/**
 * New releases of the desktop program: what was found, by whom it is signed, and the package that was fetched or checked.
 * The program never installs anything and never restarts by itself (SECURITY.md 16).
 * @module
 */
import { z } from 'zod';
import { countSchema, errorSchema, hashSchema, textSchema, timeSchema } from './basics.ts';

/** Most release keys that a build trusts, and most packages that one release has. */
const LIST_MAX = 64;
/** Longest name of a package, in characters. */
const NAME_CHARS_MAX = 255;

const nameSchema = z.string().max(NAME_CHARS_MAX);
const versionSchema = z.string().max(64);

/** A release whose description passed every check. */
export const releaseSchema = z.strictObject({
  version: versionSchema,
  releasedMs: timeSchema,
  /** What is new, in each language. */
  notes: z.strictObject({ en: textSchema, 'zh-CN': textSchema }),
  /** The packages for this machine, at least one. */
  packages: z
    .array(z.strictObject({ name: nameSchema, kind: nameSchema, sizeBytes: countSchema }))
    .max(LIST_MAX),
  /** The trusted release keys that signed. */
  signers: z.array(hashSchema).max(LIST_MAX),
});

export const updateStateSchema = z.discriminatedUnion('name', [
  /** Nothing was looked for since the program started. */
  z.strictObject({ name: z.literal('idle') }),
  z.strictObject({ name: z.literal('looking') }),
  /** There is nothing newer. */
  z.strictObject({ name: z.literal('newest') }),
  z.strictObject({ name: z.literal('offered'), release: releaseSchema }),
  z.strictObject({
    name: z.literal('fetching'),
    release: releaseSchema,
    fileName: nameSchema,
    receivedBytes: countSchema,
    sizeBytes: countSchema,
  }),
  /** A package that a person chose from the disk is read. */
  z.strictObject({ name: z.literal('checking'), fileName: nameSchema }),
  /** The package at `path` is the one that was signed. */
  z.strictObject({
    name: z.literal('ready'),
    release: releaseSchema,
    fileName: nameSchema,
    path: textSchema,
  }),
  /** `release`: what is offered all the same. */
  z.strictObject({ name: z.literal('failed'), error: errorSchema, release: releaseSchema.nullable() }),
]);

export const updateViewSchema = z.strictObject({
  /** The version that runs. */
  running: versionSchema,
  /** Where this build looks for releases and whom it believes; `null`: it was made without. */
  source: z
    .strictObject({
      url: textSchema,
      keys: z.array(hashSchema).max(LIST_MAX),
      threshold: countSchema,
    })
    .nullable(),
  /** Whether the program looks once a day without being asked. */
  looksByItself: z.boolean(),
  /** When the description of a release was last read and found good; `null`: never. */
  lastLookedAtMs: timeSchema.nullable(),
  state: updateStateSchema,
  /** What is wrong with the build's own file or with what was kept of earlier looks. */
  problem: errorSchema.nullable(),
});

const nothing = z.strictObject({});

/** All but the first throw `desktop.absent` in a browser; what fails while it goes on becomes the state `failed`. */
export const updateChannels = {
  /** `null` for a page in a browser. */
  'update.get': { input: nothing, output: z.strictObject({ update: updateViewSchema.nullable() }) },
  /** Whether to look once a day. Throws the errors of writing files; then it is as it was. */
  'update.set': { input: z.strictObject({ looksByItself: z.boolean() }), output: nothing },
  /** Begins to look. Throws `update.noSource` or `update.busy`. */
  'update.look': { input: nothing, output: nothing },
  /** Begins to fetch a package of the release that is offered. Throws `update.notInRelease` or `update.busy`. */
  'update.fetch': { input: z.strictObject({ fileName: nameSchema }), output: nothing },
  /** Stops fetching. What was fetched so far is removed. */
  'update.cancel': { input: nothing, output: nothing },
  /** Has a person choose a package on the disk and begins to check it. Throws as `update.look`. */
  'update.check': { input: nothing, output: nothing },
  /** Shows the package that is ready in the system's own program for folders. Throws `update.nothingReady` or `file.notFound`. */
  'update.show': { input: nothing, output: nothing },
} as const;

export type Release = z.infer<typeof releaseSchema>;
export type UpdateState = z.infer<typeof updateStateSchema>;
export type UpdateView = z.infer<typeof updateViewSchema>;
