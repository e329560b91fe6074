/**
 * The durable stores, the data directory that they are in, and files that are replaced whole.
 * @module
 */
export * from './clientStore.ts';
export * from './ledgerStore.ts';
