/**
 * What the console shows while a network is being made or joined: schemas of the wizard's state and of its channels.
 * @module
 */
import { z } from 'zod';
import { countSchema, hashSchema, memberSchema, textSchema } from './basics.ts';

/** Longest card file that is taken, in UTF-16 code units: as `CARD_FILE_CHARS_MAX` of the ledger. */
export const CARD_TEXT_CHARS_MAX = 64 * 1024;
/** Longest genesis file or invitation that is taken, in UTF-16 code units: as `GENESIS_TEXT_CHARS_MAX` of the ledger. */
export const GENESIS_TEXT_MAX = 8 * 1024 * 1024;
/** Most cards that are collected for one network. */
export const COLLECTED_CARDS_MAX = 1_000;

/** What one makes of an empty data directory. */
export const SETUP_PATHS = ['create', 'join'] as const;

/** A card as pages see it. */
export const setupCardSchema = memberSchema.extend({
  kind: z.enum(['replica', 'supervisor']),
  /** Of a replica. */
  address: textSchema.nullable(),
  /** Whether its key is of this data directory. */
  own: z.boolean(),
});

/** A genesis that was made or imported, and waits for its fingerprint to be compared. */
export const setupGenesisSchema = z.strictObject({
  networkId: hashSchema,
  name: textSchema,
  fingerprint: textSchema,
  n: countSchema,
  f: countSchema,
  q: countSchema,
  /** Supervisors that must approve a change of the registry; `null`: a majority. */
  threshold: countSchema.nullable(),
  /** Blocks that a proposal lasts. */
  proposalBlocks: countSchema,
  members: z.array(setupCardSchema),
});

export const setupSchema = z.strictObject({
  path: z.enum(SETUP_PATHS).nullable(),
  /** The cards of this data directory; none before they are made. */
  ownCards: z.array(setupCardSchema),
  /** The cards that were collected from others. */
  cards: z.array(setupCardSchema),
  /** Fewest replicas of a network. */
  replicasMin: countSchema,
  /** Blocks that a proposal lasts unless told otherwise. */
  defaultProposalBlocks: countSchema,
  genesis: setupGenesisSchema.nullable(),
});

export type SetupPath = (typeof SETUP_PATHS)[number];
export type SetupCard = z.infer<typeof setupCardSchema>;
export type SetupGenesis = z.infer<typeof setupGenesisSchema>;
export type SetupView = z.infer<typeof setupSchema>;
