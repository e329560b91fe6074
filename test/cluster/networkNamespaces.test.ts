/**
 * Four organisations in four network namespaces, each with an address of its own behind one bridge: what they are for
 * one another is the network alone. They make their network by `init`, `invite` and `join`, and agree on a request.
 *
 * Making namespaces needs rights. Where they are missing, the test says so loudly and ends there; in continuous
 * integration, which has them, it fails.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { Served, makeNetwork, passphraseIn, runWithin, type Member } from './support/members.ts';

const execute = promisify(execFile);
const MAKING_MS = 10 * 60_000;
const PORT = 7400;
/** Names of interfaces have at most 15 characters. */
const mark = `cs${String(process.pid)}`;
const bridge = `${mark}b`;
const NAMES = ['A', 'B', 'C', 'D'] as const;
const namespaceOf = (name: string): string => `${mark}-${name}`;
/** Of a net for tests and benchmarks (RFC 2544), which nobody routes. */
const addressOf = (index: number): string => `198.18.77.${String(index + 1)}`;

async function ip(...args: readonly string[]): Promise<void> {
  await execute('ip', args);
}

async function makeNamespaces(): Promise<void> {
  await ip('netns', 'add', namespaceOf('bridge'));
  const within = ['-n', namespaceOf('bridge')];
  await ip(...within, 'link', 'add', bridge, 'type', 'bridge');
  await ip(...within, 'link', 'set', bridge, 'up');
  for (const [index, name] of NAMES.entries()) {
    const namespace = namespaceOf(name);
    const [inner, outer] = [`${mark}i${name}`, `${mark}o${name}`];
    await ip('netns', 'add', namespace);
    await ip(...within, 'link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', namespace);
    await ip(...within, 'link', 'set', outer, 'master', bridge, 'up');
    await ip('-n', namespace, 'addr', 'add', `${addressOf(index)}/24`, 'dev', inner);
    await ip('-n', namespace, 'link', 'set', inner, 'up');
    await ip('-n', namespace, 'link', 'set', 'lo', 'up');
  }
}

/** Removes what `makeNamespaces` made, whole or in part: interfaces go with their namespaces. */
async function removeNamespaces(): Promise<void> {
  for (const name of ['bridge', ...NAMES]) {
    await ip('netns', 'del', namespaceOf(name)).catch(() => undefined);
  }
}

/** Why no namespaces can be made here; `undefined` where they were made. */
async function whyNot(): Promise<string | undefined> {
  try {
    await makeNamespaces();
    return undefined;
  } catch (error) {
    await removeNamespaces();
    return error instanceof Error ? error.message : String(error);
  }
}

it('four network namespaces agree on a request', { timeout: MAKING_MS }, async ({ skip }) => {
  const reason = await whyNot();
  if (reason !== undefined) {
    const words = `NETWORK NAMESPACES CANNOT BE MADE HERE: ${reason}`;
    if (process.env['CI'] !== undefined && process.getuid?.() === 0) throw new Error(words);
    console.error(words);
    skip(words);
  }
  const home = await mkdtemp(join(tmpdir(), 'countersign-namespaces-'));
  const served: Served[] = [];
  try {
    const passphrase = await passphraseIn(home);
    const members = NAMES.map((name, index): Member => ({
      name,
      directory: join(home, name),
      host: addressOf(index),
      port: PORT,
      within: ['ip', 'netns', 'exec', namespaceOf(name)],
    }));
    const genesis = await makeNetwork(home, members, passphrase);
    for (const member of members) served.push(Served.start(member, passphrase));
    for (const one of served) await one.says('stage: running');
    const [first, last] = [members[0]!, members[3]!];
    const table = join(home, 'grades.csv');
    await writeFile(table, 'subject,grade\nsample,good\n');
    const own = ['--data', last.directory];
    const signed = await runWithin(last, ['sign', table, ...own, ...passphrase, '--out-dir', home]);
    const [{ file, id }] = signed['requests'] as [{ file: string; id: string }];
    const { requests } = await runWithin(last, ['submit', file, ...own]);
    expect(requests).toMatchObject([{ requestId: id, covered: true }]);
    const standing = async (): Promise<unknown> =>
      (await runWithin(first, ['status', '--genesis', genesis]))['replicas'];
    await expect.poll(standing).toMatchObject(NAMES.map(() => ({ reachable: true, connectedReplicas: 4 })));

    // With one of them cut off, the other three go on; when it is back, it gets into step.
    await ip('-n', namespaceOf('bridge'), 'link', 'set', `${mark}oA`, 'down');
    await writeFile(table, 'subject,grade\nsample,better\n');
    const second = await runWithin(last, ['sign', table, ...own, ...passphrase, '--out-dir', home]);
    const [again] = second['requests'] as [{ file: string; id: string }];
    const cut = await runWithin(last, ['submit', again.file, ...own]);
    expect(cut['requests']).toMatchObject([{ requestId: again.id, covered: true }]);
    await ip('-n', namespaceOf('bridge'), 'link', 'set', `${mark}oA`, 'up');
    for (;;) {
      const status = await runWithin(first, ['status', '--genesis', genesis]);
      const heights = (status['replicas'] as { stableHeight?: number }[]).map(
        ({ stableHeight }) => stableHeight,
      );
      if (heights.every((height) => height !== undefined && height >= 2)) break;
    }
  } finally {
    await Promise.all(served.map(async (one) => await one.stop()));
    await removeNamespaces();
    await rm(home, { recursive: true, force: true });
  }
});
