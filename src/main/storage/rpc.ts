/**
 * What goes between a store and its worker: numbered calls one way, numbered answers the other.
 * @module
 */
import type { PayloadKind } from '../../shared/domain/payload.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import type { PlainError } from '../../shared/errors.ts';
import type { AcceptedBlock, PersistOperation } from '../consensus/effects.ts';
import type { HashedHeader } from '../ledger/block.ts';
import type { Evidence } from '../ledger/evidence.ts';
import type { Genesis } from '../ledger/genesis.ts';
import type { ClientStore } from './clientStore.ts';
import type { LedgerStore } from './ledgerStore.ts';
import type { LoadProgress } from './progress.ts';
import type { SearchIndex } from './searchIndex.ts';

/** A request as it goes to the worker: its bytes, and what is looked up without parsing them. */
export interface RequestRow {
  readonly id: Hex;
  readonly supervisor: Hex;
  readonly timestampMs: number;
  readonly kind: PayloadKind;
  readonly title: string;
  readonly bytes: Uint8Array;
}

/** An operation as it goes to the worker: a payload of megabytes is not cloned beside its bytes. */
export type StoredOperation =
  | Exclude<PersistOperation, { readonly type: 'append' }>
  | {
      readonly type: 'append';
      readonly header: HashedHeader;
      readonly order: AcceptedBlock['order'];
      readonly requests: readonly RequestRow[];
      readonly evidence: readonly Evidence[];
    };

/** The methods of an asynchronous interface as the worker carries them out. */
type Synchronous<T> = {
  readonly [K in keyof T]: T[K] extends (...args: infer A) => Promise<infer R> ? (...args: A) => R : never;
};

/** What a ledger store's worker does. */
export type LedgerMethods = Synchronous<Omit<LedgerStore, 'commit' | 'load'>> & {
  readonly load: () => Awaited<ReturnType<LedgerStore['load']>>;
  readonly commit: (operations: readonly StoredOperation[]) => void;
};

/** What a client store's worker does. */
export type ClientMethods = Synchronous<ClientStore>;

/** What a search index's worker does. */
export type SearchMethods = Synchronous<SearchIndex>;

/** The first call to a worker: which store it is to open. */
export type OpenRequest =
  | {
      readonly store: 'ledger';
      readonly path: string;
      readonly genesis: Genesis;
      readonly maxSizeBytes: number | null;
    }
  | {
      readonly store: 'client';
      readonly path: string;
      readonly maxItems: number;
      readonly maxSizeBytes: number | null;
    }
  | { readonly store: 'search'; readonly path: string; readonly networkId: Hex; readonly isFresh: boolean };

/** The call that every worker answers first, beside the methods of its store. */
export interface Opening {
  readonly open: (request: OpenRequest) => void;
}

export interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What a worker says of a call that it has not answered yet. */
export interface Report {
  readonly id: number;
  readonly progress: LoadProgress;
}

export type Answer =
  { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: PlainError };
