/**
 * Every channel of the contract and who answers it.
 * @module
 */
import type { Snapshot } from '../../shared/contract/model.ts';
import { CountersignError } from '../../shared/errors.ts';
import type { AsideDesk } from './aside/asideDesk.ts';
import { signForPage } from './confirm/pageCalls.ts';
import { badInput, type HandlerInput, type Handlers } from './dispatch.ts';
import type { SignatureVerifier } from '../replica/inbox.ts';
import { createKeyHandlers, type KeyHandlerContext } from './keys/keyHandlers.ts';
import { isExport, type Uploads } from './items/uploads.ts';
import { checkpointPage } from './ledger/checkpoints.ts';
import { exportEvidence, exportGenesis, exportReceipt } from './ledger/receipts.ts';
import { createOperatorHandlers, type OperatorContext } from './operator/operatorHandlers.ts';
import { createRegistryHandlers } from './registry/registryHandlers.ts';
import type { Running } from './running.ts';
import { setupHandlers } from './setup/handlers.ts';
import type { SetupWizard } from './setup/wizard.ts';

/** What the handlers work with. */
export interface HandlerContext extends KeyHandlerContext, OperatorContext {
  readonly uploads: Uploads;
  /** Verifies receipts. */
  readonly aside: AsideDesk;
  /** Verifies cards. */
  readonly verifier: SignatureVerifier;
  /** What lives while a network runs. Throws `setup.required`, or `stopped` while it starts or stops. */
  readonly running: () => Running;
  readonly snapshot: () => Snapshot;
  /** Joins the network whose fingerprint was compared, and starts. */
  readonly join: (input: HandlerInput<'setup.join'>) => Promise<void>;
  /** Does something with the wizard. Throws `setup.alreadyDone` where there is nothing to set up. */
  readonly withWizard: <T>(work: (wizard: SetupWizard) => T | Promise<T>) => Promise<T>;
  /** Starts the replica of a real network, whose key this passphrase opens. */
  readonly unlock: (passphrase: string) => Promise<void>;
  readonly setUp: (input: HandlerInput<'setup.try'>) => Promise<void>;
}

/** The table of all channels. */
export function createHandlers(context: HandlerContext): Handlers {
  const { uploads, aside, running, snapshot, unlock, setUp, join, confirmer } = context;
  return {
    'session.snapshot': async () => snapshot(),

    'setup.try': async (input) => {
      await setUp(input);
      return {};
    },

    ...setupHandlers(context.withWizard),
    'setup.join': async (input) => {
      await join(input);
      return {};
    },
    'setup.unlock': async ({ passphrase }) => {
      await unlock(passphrase);
      return {};
    },

    'upload.begin': async (input) => {
      running();
      return { uploadId: uploads.begin(input) };
    },
    'upload.chunk': async (input) => ({ receivedBytes: uploads.chunk(input) }),
    'upload.cancel': async ({ uploadId }) => {
      uploads.cancel(uploadId);
      return {};
    },
    'upload.finish': async ({ uploadIds }) => {
      const { drafts, offline } = running();
      const taken = uploads.take(uploadIds);
      const files = taken.filter((upload) => isExport(upload));
      const [file] = files;
      if (file === undefined) return await drafts.create(taken.filter((upload) => !isExport(upload)));
      if (taken.length > 1) throw badInput('upload.finish', 'uploadIds', 'may name one such file only');
      return await offline.take(file);
    },

    'item.page': async ({ before, limit }) => ({ items: running().book.page(before, limit) }),
    'item.get': async ({ id, ...page }) => await running().drafts.detail(id, page),
    'item.edit': async (input) => await running().drafts.edit(input),
    'item.decline': async ({ id }) => await running().drafts.decline(id),
    'item.restore': async ({ id }) => await running().drafts.restore(id),
    'item.again': async ({ id }) => await running().drafts.again(id),
    'item.remove': async ({ id }) => {
      await running().drafts.remove(id);
      return {};
    },
    'item.submit': async (input) => await running().offline.submit(input),
    'item.checklist': async ({ id }) => await running().signatures.checklist(id),
    'item.exportDraft': async (input) => await running().offline.exportDraft(input),
    'item.sign': async (input) => ({ results: await signForPage(running(), confirmer, input) }),

    ...createKeyHandlers(context),
    ...createRegistryHandlers(context),
    ...createOperatorHandlers(context),

    'block.page': async (input) => ({ blocks: await running().reads.blockPage(input) }),
    'block.get': async ({ height }) => await running().reads.block(height),
    'request.get': async (input) => await running().reads.request(input),
    'search.query': async (input) => await running().search.query(input),

    'checkpoint.page': async (input) => {
      const { node, sets, checkpoints } = running();
      const seen = checkpoints.seen.bind(checkpoints);
      return await checkpointPage({ store: node.store, sets, seen }, input);
    },

    'receipt.export': async ({ requestId }) => {
      const { store, genesis } = running().node;
      return await exportReceipt(store, genesis, requestId);
    },
    'receipt.verify': async ({ text }) =>
      await aside.run('receipt', { genesis: running().node.genesis, text }),
    'evidence.export': async ({ epoch, replica }) => {
      const { node, agreement } = running();
      return await exportEvidence(node.store, node.genesis, agreement.evidence.against(epoch, replica));
    },

    'faults.inject': async ({ replica, fault, delayMs }) => {
      const { faults } = running();
      if (faults === null) throw new CountersignError('fault.unavailable', { replica, fault });
      await faults.inject(replica, fault, delayMs);
      return {};
    },
    'faults.heal': async ({ replica }) => {
      await running().faults?.heal(replica);
      return {};
    },

    'genesis.export': async () => exportGenesis(running().node.genesis),
  };
}
