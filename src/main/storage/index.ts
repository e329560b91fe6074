/**
 * The durable stores, the data directory that they are in, and files that are replaced whole.
 * @module
 */
export * from './clientStore.ts';
export { LOCK_FILE, openDataDirectory, type DataDirectory } from './dataDirectory.ts';
export { defaultDataDirectory } from './defaultDataDirectory.ts';
export * from './ledgerStore.ts';
export { CLIENT_FILE, openClientStore, type ClientStoreOptions } from './openClientStore.ts';
export { LEDGER_FILE, openLedgerStore, type LedgerStoreOptions } from './openLedgerStore.ts';
export { SEARCH_FILE, openSearchIndex, type SearchIndexOptions } from './openSearchIndex.ts';
export { PROGRESS_INTERVAL_MS, type LoadProgress, type OnProgress } from './progress.ts';
export * from './searchIndex.ts';
export { readError, writeError } from './fileErrors.ts';
export { lockKey } from './keyLock.ts';
export { makeDirectory } from './makeDirectory.ts';
export { readBinaryFile, readTextFile } from './readFile.ts';
export { SettingsFile, SETTINGS_BYTES_MAX, type SettingsFileOptions } from './settingsFile.ts';
export { COMMITS_WAITING_MAX, READS_WAITING_MAX } from './workerChannel.ts';
export { syncDirectory, writeFileAtomic } from './writeFileAtomic.ts';
