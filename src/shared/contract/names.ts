/**
 * The names on Electron's IPC, without the schemas: all that a sandboxed preload needs to know of the contract.
 * @module
 */
import type { Channel } from './channels.ts';

/** IPC channel names in Electron: `console:` and the contract's channel; deltas come on `console:delta`. */
export const IPC_PREFIX = 'console:';
export const IPC_DELTA = 'console:delta';
/** The page says whether somebody sees it (`true` or `false`), and up to which number it has taken the deltas. */
export const IPC_WATCH = 'console:watch';
export const IPC_SEEN = 'console:seen';

/** The program asks its window to show a page: the address of one. */
export const IPC_GO = 'console:go';
/** The program tells its window that something is to be opened: the page asks what (`opening.next`). */
export const IPC_OPENING = 'console:opening';

/** The contract's channels, by name (a test compares them with the contract). */
export const PRELOAD_CHANNELS: readonly Channel[] = [
  'session.snapshot',
  'setup.try',
  'setup.choose',
  'setup.makeCard',
  'setup.card',
  'setup.addCards',
  'setup.removeCard',
  'setup.makeGenesis',
  'setup.importGenesis',
  'setup.dropGenesis',
  'setup.genesis',
  'setup.invitation',
  'setup.join',
  'setup.unlock',
  'upload.begin',
  'upload.chunk',
  'upload.cancel',
  'upload.finish',
  'item.page',
  'item.get',
  'item.edit',
  'item.decline',
  'item.restore',
  'item.again',
  'item.remove',
  'item.sign',
  'item.submit',
  'item.checklist',
  'item.exportDraft',
  'key.unlock',
  'key.lock',
  'key.list',
  'key.autoLock',
  'key.changePassphrase',
  'key.import',
  'key.create',
  'key.export',
  'key.backup',
  'key.verifyBackup',
  'key.restore',
  'key.keychain',
  'registry.get',
  'registry.history',
  'registry.readCards',
  'registry.propose',
  'registry.act',
  'registry.makeCard',
  'peers.get',
  'search.query',
  'diagnostics.get',
  'diagnostics.log',
  'diagnostics.report',
  'settings.get',
  'settings.setNotices',
  'desktop.get',
  'desktop.set',
  'opening.next',
  'update.get',
  'update.set',
  'update.look',
  'update.fetch',
  'update.cancel',
  'update.check',
  'update.show',
  'block.page',
  'block.get',
  'request.get',
  'checkpoint.page',
  'receipt.export',
  'receipt.verify',
  'evidence.export',
  'faults.inject',
  'faults.heal',
  'genesis.export',
];
