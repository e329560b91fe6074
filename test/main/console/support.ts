/**
 * Consoles for tests, over real networks: four replicas with real stores, sockets and keys. The three that the program
 * runs in processes of their own run in this one here, which starts faster.
 * @module
 */
import { join } from 'node:path';
import { makeDirectory } from '../../support/stores.ts';
import { ConsoleApp } from '../../../src/main/console/consoleApp.ts';
import type { ConsoleAppOptions } from '../../../src/main/console/consoleAppOptions.ts';
import type { ConsoleEvent } from '../../../src/main/console/events.ts';
import { VerifierPool } from '../../../src/main/keys/verifierPool.ts';
import { Vault } from '../../../src/main/keys/vault/vault.ts';
import { createVerifyWorker } from '../../../src/main/keys/verifyWorker.ts';
import { readPassphraseFile, type StartChild } from '../../../src/main/replica/childReplica.ts';
import { vaultPath } from '../../../src/main/replica/embeddedLayout.ts';
import { LateSigner } from '../../../src/main/replica/faults/contradictingSigner.ts';
import { FaultyOutlet } from '../../../src/main/replica/faults/faultyOutlet.ts';
import { REPLICA_KEY_FILE, ReplicaNode } from '../../../src/main/replica/node.ts';
import type { Interpose } from '../../../src/main/replica/replica.ts';
import { CountersignError, type ErrorCode } from '../../../src/shared/errors.ts';
import type { SignedRequest } from '../../../src/main/ledger/request.ts';
import type { Delta, ItemView } from '../../../src/shared/contract/model.ts';

export const PASSPHRASE = 'correct horse battery staple';
export const SETUP = {
  supervisorName: 'Ada Lovelace',
  organisation: 'Analytical Society',
  networkName: 'Trial',
  passphrase: PASSPHRASE,
};

/** Starts the replicas of an embedded network within this process. */
export const startInProcess: StartChild = ({ directory, passphraseFile }) => {
  const verifier = new VerifierPool({ createWorker: createVerifyWorker, workers: 1 });
  const exited = Promise.withResolvers<undefined>();
  const faulty: { outlet: FaultyOutlet | null } = { outlet: null };
  const signer = readPassphraseFile(passphraseFile).then(
    (passphrase) => new LateSigner(join(directory, REPLICA_KEY_FILE), passphrase),
  );
  const node = signer.then(async (late) => {
    const interpose: Interpose = (outlet, membership) =>
      (faulty.outlet = new FaultyOutlet(outlet, membership, late));
    const passphrase = await readPassphraseFile(passphraseFile);
    return await ReplicaNode.start({ directory, passphrase, verifier, interpose });
  });
  const stop = async (): Promise<void> => {
    faulty.outlet?.dispose();
    await (await node).stop();
    await verifier.close();
    exited.resolve(undefined);
  };
  return {
    pid: process.pid,
    ready: node.then(() => undefined),
    exited: exited.promise,
    stop,
    kill: stop,
    // It shares its process with the test.
    pause: () => undefined,
    resume: () => undefined,
    wake: () => void node.then((running) => running.wake()),
    setFault: async (fault) => {
      if (fault?.kind === 'equivocate') await (await signer).open();
      faulty.outlet?.become(fault);
    },
  };
};

/** A console, what it told, and the way to end it. */
export class TestConsole {
  readonly app: ConsoleApp;
  readonly directory: string;
  readonly events: ConsoleEvent[] = [];
  readonly deltas: Delta[] = [];

  private constructor(directory: string, options: Partial<ConsoleAppOptions>) {
    this.directory = directory;
    this.app = new ConsoleApp({
      dataDirectory: directory,
      version: '1.2.3',
      startChild: startInProcess,
      log: (event) => this.events.push(event),
      ...options,
    });
    this.app.onDelta((delta) => this.deltas.push(delta));
  }

  /** A started console: on a directory of an earlier one, or a new one. */
  static async start(directory?: string, options: Partial<ConsoleAppOptions> = {}): Promise<TestConsole> {
    const started = new TestConsole(directory ?? (await newDirectory()), options);
    consoles.push(started);
    await started.app.start();
    return started;
  }

  /** The item once `isWanted` holds of it. */
  async item(id: string, isWanted: (item: ItemView) => boolean): Promise<ItemView> {
    for (;;) {
      const { items } = await this.app.handle('session.snapshot', {});
      const item = items.find((candidate) => candidate.id === id);
      if (item !== undefined && isWanted(item)) return item;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Signs the item as it is, and waits until it is final, or refused. */
  async signed(id: string): Promise<ItemView> {
    const { contentHash: shownHash } = await this.item(id, () => true);
    const { results } = await this.app.handle('item.sign', {
      items: [{ id, shownHash }],
      passphrase: PASSPHRASE,
    });
    const error = results[0]?.error ?? null;
    if (error !== null) throw new CountersignError(error.code as ErrorCode, error.data as never);
    return await this.item(id, ({ receiptReady, state }) => receiptReady || state === 'refused');
  }

  /** Hands over a request that somebody signed elsewhere, and waits until it is final. */
  async submitted({ id, bytes }: SignedRequest): Promise<ItemView> {
    const name = `${id.slice(0, 16)}.csreq`;
    const sizeBytes = bytes.length;
    const purpose = 'request';
    const { uploadId } = await this.app.handle('upload.begin', { name, mediaType: '', sizeBytes, purpose });
    const data = Buffer.from(bytes).toString('base64');
    await this.app.handle('upload.chunk', { uploadId, offsetBytes: 0, data });
    const item = await this.app.handle('upload.finish', { uploadIds: [uploadId] });
    await this.app.handle('item.submit', { id: item.id, shownHash: item.contentHash });
    return await this.item(item.id, ({ receiptReady, state }) => receiptReady || state === 'refused');
  }

  /** Uploads files and makes a draft of them. */
  async draft(
    purpose: 'assessments' | 'document',
    ...files: readonly { readonly name: string; readonly text: string }[]
  ): Promise<ItemView> {
    const uploadIds: string[] = [];
    for (const { name, text } of files) {
      const bytes = Buffer.from(text);
      const sizeBytes = bytes.length;
      const { uploadId } = await this.app.handle('upload.begin', { name, mediaType: '', sizeBytes, purpose });
      for (let offsetBytes = 0; offsetBytes < sizeBytes; offsetBytes += CHUNK_BYTES) {
        const data = bytes.subarray(offsetBytes, offsetBytes + CHUNK_BYTES).toString('base64');
        await this.app.handle('upload.chunk', { uploadId, offsetBytes, data });
      }
      uploadIds.push(uploadId);
    }
    return await this.app.handle('upload.finish', { uploadIds });
  }
}

const CHUNK_BYTES = 256 * 1024;
const consoles: TestConsole[] = [];
const directories: (() => Promise<void>)[] = [];

/** A directory that `endAll` removes. */
export async function newDirectory(): Promise<string> {
  const { path, remove } = await makeDirectory();
  directories.push(remove);
  return path;
}

/** The private key of the supervisor in a data directory that no console uses. */
export async function supervisorSeed(directory: string): Promise<Uint8Array> {
  const vault = await Vault.open({ path: vaultPath(directory), now: Date.now });
  if (vault === null) throw new Error('there is no vault');
  return await vault.withKeys(PASSPHRASE, ([key]) => Uint8Array.from(key?.seed ?? []));
}

/** Stops all consoles and removes their directories. */
export async function endAll(): Promise<void> {
  await Promise.all(consoles.splice(0).map(async ({ app }) => await app.stop()));
  await Promise.all(directories.splice(0).map(async (remove) => await remove()));
}
