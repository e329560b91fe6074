/**
 * `countersign serve`: the console in a browser, for a machine without a display or without the Electron runtime. It
 * offers to set up what is not set up, and runs what is.
 * @module
 */
import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CountersignError } from '../../../shared/errors.ts';
import { parseAddress } from '../../../shared/text/hostName.ts';
import { ConsoleApp } from '../../console/consoleApp.ts';
import type { ConsoleEvent } from '../../console/events.ts';
import { ConsoleServer } from '../../console/transports/http.ts';
import { forkReplicas, readPassphraseFile } from '../../replica/childReplica.ts';
import type { ReplicaNode } from '../../replica/node.ts';
import { consoleToken } from '../consoleToken.ts';
import { withoutToken, writesToJournal } from '../journal.ts';
import { noteLearner } from '../learnerNote.ts';
import { noteMembership } from '../membershipNote.ts';
import { describeError, type Output } from '../output.ts';
import { stopSignal } from '../stopSignal.ts';

export interface ServeOptions {
  readonly data: string;
  readonly host: string;
  readonly port: number;
  /** Holds the passphrase of the replica's key; the page asks for it unless given. */
  readonly passphraseFile?: string;
  /** Where the replica listens to the others, as `host:port`; at its registered address unless given. */
  readonly listen?: string;
}

export async function serve(
  options: ServeOptions,
  entry: string,
  version: string,
  output: Output,
): Promise<void> {
  const pageFolder = await builtPage(entry);
  const replicaPassphrase =
    options.passphraseFile === undefined ? null : await readPassphraseFile(options.passphraseFile);
  const listen = options.listen === undefined ? null : parseAddress(options.listen);
  const token = await consoleToken(options.data);
  const stopped = stopSignal();
  const app = new ConsoleApp({
    dataDirectory: options.data,
    version,
    startChild: forkReplicas(entry),
    replicaPassphrase,
    ...(listen === null ? {} : { listen }),
    log: (event) => describe(event, output),
  });
  // The page is there from the first moment, and shows what the program waits for.
  const server = await ConsoleServer.start({
    target: app,
    pageFolder,
    host: options.host,
    port: options.port,
    token,
  });
  try {
    const starting = app.start();
    // The journal is kept, and read by more people than the data: what opens the console stays out of it.
    const url = (await writesToJournal(process.env)) ? withoutToken(server.url) : server.url;
    output.result(`Countersign runs at ${url}\nData directory: ${options.data}\nStop it with Ctrl-C.`, {
      ready: true,
      url,
      dataDirectory: options.data,
    });
    await starting;
    if (app.hosted !== null) {
      noteLearner(app.hosted.node, output);
      noteMembership(app.hosted.node, output);
      noteQuorum(app.hosted.node, output);
    }
    await stopped;
  } finally {
    output.note('Stopping…');
    await server.close();
    await app.stop();
  }
}

/** The built page beside the program. Throws `file.notFound` where it has not been built. */
async function builtPage(entry: string): Promise<string> {
  const folder = join(dirname(entry), '../renderer');
  const page = join(folder, 'index.html');
  await access(page).catch(() => {
    throw new CountersignError('file.notFound', { path: page });
  });
  return folder;
}

/** Says what the replica waits for, where too few others are connected. */
function noteQuorum({ replica }: ReplicaNode, output: Output): void {
  const { connectedReplicas, membership } = replica.status();
  const { n, q } = membership.sizes;
  if (connectedReplicas >= q) return;
  output.note(
    `${String(connectedReplicas)} of ${String(n)} replicas are connected; ${String(q)} are needed.`,
  );
}

function describe(event: ConsoleEvent, output: Output): void {
  switch (event.kind) {
    case 'stage':
      if (event.stage.name === 'failed') output.note(describeError(event.stage.error));
      else
        output.note(`stage: ${event.stage.name}${'phase' in event.stage ? ` (${event.stage.phase})` : ''}`);
      return;
    case 'badMessage':
      output.note(`replica ${String(event.replica)} sent a bad message: ${event.error.code}`);
      return;
    case 'internal':
    case 'failed':
      output.note(describeError(event.error));
      return;
    case 'woke':
      output.note('the machine has slept: connecting again');
  }
}
