/**
 * The console as `serve` runs it: replicas in processes of their own, a page over WebSocket. From the setup to a
 * verified receipt, with a replica killed on the way; nothing that crosses the socket holds a secret.
 */
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import WebSocket from 'ws';
import { ConsoleApp } from '../../src/main/console/consoleApp.ts';
import { ConsoleServer } from '../../src/main/console/transports/http.ts';
import { forkReplicas } from '../../src/main/replica/childReplica.ts';
import { serverFrameSchema } from '../../src/shared/contract/bridge.ts';
import { channels, type Channel, type Input, type Output } from '../../src/shared/contract/channels.ts';
import type { Delta, ItemView } from '../../src/shared/contract/model.ts';
import { fromPlainError, type PlainError } from '../../src/shared/errors.ts';
import { Vault } from '../../src/main/keys/vault/vault.ts';
import { vaultPath } from '../../src/main/replica/embeddedLayout.ts';
import { toHex } from '../../src/shared/encoding/hex.ts';
import { makeDirectory } from '../support/stores.ts';

const ENTRY = fileURLToPath(new URL('../../src/main/headless/index.ts', import.meta.url));
const PASSPHRASE = 'correct horse battery staple';
const CSV = 'name,score\nAda,1.10\n';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
}, 60_000);

/** A page, as far as the socket goes. */
class Page {
  readonly deltas: Delta[] = [];
  received = '';
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: { ok: boolean; output?: unknown; error?: unknown }) => void>();
  #lastId = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const text = (data as Buffer).toString();
      this.received += text;
      const frame = serverFrameSchema.parse(JSON.parse(text));
      if (frame.type === 'delta') this.deltas.push(frame.delta);
      else this.#waiting.get(frame.id)?.(frame.answer);
    });
  }

  static async open({ port, token }: ConsoleServer): Promise<Page> {
    const at = `127.0.0.1:${String(port)}`;
    const protocols = ['countersign.console.1', `token.${token}`];
    const socket = new WebSocket(`ws://${at}/console`, protocols, { origin: `http://${at}` });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return new Page(socket);
  }

  async call<C extends Channel>(channel: C, input: Input<C>): Promise<Output<C>> {
    const id = ++this.#lastId;
    const answer = await new Promise<{ ok: boolean; output?: unknown; error?: unknown }>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ type: 'call', id, channel, input }));
    });
    if (!answer.ok) throw fromPlainError(answer.error as PlainError);
    return channels[channel].output.parse(answer.output) as Output<C>;
  }

  async sign(name: string): Promise<string> {
    const data = Buffer.from(CSV).toString('base64');
    const file = { name, mediaType: 'text/csv', sizeBytes: CSV.length, purpose: 'assessments' } as const;
    const { uploadId } = await this.call('upload.begin', file);
    await this.call('upload.chunk', { uploadId, offsetBytes: 0, data });
    const draft = await this.call('upload.finish', { uploadIds: [uploadId] });
    const items = [{ id: draft.id, shownHash: draft.contentHash }];
    const { results } = await this.call('item.sign', { items, passphrase: PASSPHRASE });
    expect(results).toEqual([{ id: draft.id, error: null }]);
    return draft.id;
  }

  /** The item when a delta says that its receipt can be exported. */
  async withReceipt(id: string): Promise<ItemView> {
    for (;;) {
      const changes = this.deltas.flatMap((delta) => delta.changes);
      const last = changes.findLast((change) => change.topic === 'item' && change.value.id === id);
      if (last?.topic === 'item' && last.value.receiptReady) return last.value;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

it('goes from the setup to a verified receipt, with a replica killed on the way', async () => {
  const { path, remove } = await makeDirectory();
  closers.push(remove);
  const events: unknown[] = [];
  const app = new ConsoleApp({
    dataDirectory: path,
    version: '1.2.3',
    startChild: forkReplicas(ENTRY),
    log: (event) => events.push(event),
  });
  closers.push(async () => await app.stop());
  await app.start();
  const server = await ConsoleServer.start({ target: app, pageFolder: path, port: 0 });
  closers.push(async () => await server.close());
  const page = await Page.open(server);
  expect((await page.call('session.snapshot', {})).stage).toEqual({ name: 'setup' });
  await page.call('setup.try', {
    supervisorName: 'Ada Lovelace',
    organisation: 'Analytical Society',
    networkName: 'Trial',
    passphrase: PASSPHRASE,
  });

  // A process that has just started may answer late: then a checkpoint covers it first, as it may.
  let first = await page.withReceipt(await page.sign('first.csv'));
  for (let times = 0; times < 5 && first.finality !== 'fast'; times++) {
    first = await page.withReceipt(await page.sign(`first-${String(times)}.csv`));
  }
  expect(first).toMatchObject({ state: 'final', accepted: 4, replicas: 4, finality: 'fast' });
  await app.hosted?.embedded?.killReplica(2);
  const second = await page.withReceipt(await page.sign('second.csv'));
  // Three of four: the fast path is closed, a checkpoint covers it instead.
  expect(second).toMatchObject({ state: 'final', accepted: 3, finality: 'certified' });
  await app.hosted?.embedded?.restartReplica(2);
  const third = await page.withReceipt(await page.sign('third.csv'));
  for (const { requestId } of [first, second, third]) {
    const { text } = await page.call('receipt.export', { requestId: requestId ?? '' });
    expect(await page.call('receipt.verify', { text })).toMatchObject({ valid: true, requestId });
  }

  const seed = await vaultSeed(path);
  const said = page.received + JSON.stringify(events);
  expect(said.length).toBeGreaterThan(1_000);
  for (const secret of [PASSPHRASE, toHex(seed), Buffer.from(seed).toString('base64'), server.token]) {
    expect(said).not.toContain(secret);
  }
});

/** The private key in the vault, which can be read while the program runs. */
async function vaultSeed(directory: string): Promise<Uint8Array> {
  const vault = await Vault.open({ path: vaultPath(directory), now: Date.now });
  if (vault === null) throw new Error('there is no vault');
  return await vault.withKeys(PASSPHRASE, ([key]) => Uint8Array.from(key?.seed ?? []));
}
