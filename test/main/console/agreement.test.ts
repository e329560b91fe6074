/** What the console tells while replicas of a real network fail: views, evidence, faults, and files to take away. */
import { afterEach, describe, expect, it } from 'vitest';
import { parseGenesisFile } from '../../../src/main/ledger/genesisFile.ts';
import { verifyEvidenceFile } from '../../../src/main/ledger/evidenceFile.ts';
import { verifySync } from '../../../src/main/keys/verifier.ts';
import type { Change, ItemView, Snapshot } from '../../../src/shared/contract/model.ts';
import { rejected } from '../../support/errors.ts';
import { SETUP, TestConsole, endAll } from './support.ts';

afterEach(endAll);

async function sign(console: TestConsole, name: string): Promise<ItemView> {
  const draft = await console.draft('document', { name, text: name });
  await console.app.handle('item.sign', {
    items: [{ id: draft.id, shownHash: draft.contentHash }],
    passphrase: null,
  });
  return await console.item(draft.id, ({ receiptReady }) => receiptReady);
}

const changesOf = <T extends Change['topic']>(
  { deltas }: TestConsole,
  topic: T,
): Extract<Change, { topic: T }>[] =>
  deltas.flatMap(({ changes }) =>
    changes.filter((change): change is Extract<Change, { topic: T }> => change.topic === topic),
  );

async function until(console: TestConsole, holds: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
  for (;;) {
    const snapshot = await console.app.handle('session.snapshot', {});
    if (holds(snapshot)) return snapshot;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('while replicas fail', () => {
  it('the console tells of view changes, of evidence, and of the faults that led to them', async () => {
    const console = await TestConsole.start();
    expect(await console.app.handle('session.snapshot', {})).toMatchObject({
      views: null,
      viewChanges: [],
      evidence: [],
      faults: null,
    });
    await console.app.handle('setup.try', SETUP);
    const { views, faults, replica } = await console.app.handle('session.snapshot', {});
    expect(views).toMatchObject({ view: 0, primaryIndex: 0, mode: 'normal', sinceStart: true });
    expect(replica).toMatchObject({ index: 3, participating: true, learner: null });
    expect(faults?.possible.map((possible) => possible.length > 0)).toEqual([true, true, true, false]);

    await console.app.handle('faults.inject', { replica: 0, fault: 'silence' });
    await sign(console, 'silent');
    // On a busy machine more than one may have its turn before one is in time.
    const silent = await until(console, ({ views: now }) => now?.mode === 'normal' && now.view > 0);
    const { view = 0, primaryIndex = 0 } = silent.views ?? {};
    expect(silent.views).toMatchObject({ primaryIndex: view % 4, sinceStart: false });
    expect(primaryIndex).not.toBe(0);
    expect(silent.viewChanges[0]).toMatchObject({ toView: view, outcome: 'entered' });
    expect(silent.viewChanges[0]?.votes).toContainEqual(
      expect.objectContaining({ replica: 3, phase: 'entered' }),
    );
    expect(silent.faults?.runs).toMatchObject([{ replica: 0, fault: 'silence', endedAtMs: null }]);
    expect(silent.evidence).toEqual([]);
    const told = changesOf(console, 'viewChange').at(-1)?.value;
    expect(silent.viewChanges.find(({ id }) => id === told?.id)?.outcome).toBe('entered');
    expect(changesOf(console, 'views').map(({ value }) => value?.mode)).toContain('changing');
    await console.app.handle('faults.heal', { replica: 0 });

    const liar = `Replica ${String(primaryIndex + 1)}`;
    await console.app.handle('faults.inject', { replica: primaryIndex, fault: 'equivocate' });
    await sign(console, 'contradicted');
    await sign(console, 'recorded');
    const accused = await until(console, ({ evidence }) => (evidence[0]?.recordedHeight ?? null) !== null);
    expect(accused.evidence).toMatchObject([{ accused: { index: primaryIndex, name: liar }, kind: 'order' }]);
    const [first, second] = accused.evidence[0]!.statements;
    expect(first.hash).not.toBe(second.hash);
    expect(first.height).toBe(second.height);
    const recordedHeight = accused.evidence[0]!.recordedHeight!;
    const block = await console.app.handle('block.get', { height: recordedHeight });
    expect(block.evidence).toMatchObject([{ accused: { index: primaryIndex }, recordedHeight }]);

    const file = await console.app.handle('evidence.export', { epoch: 0, replica: primaryIndex });
    const genesis = parseGenesisFile((await console.app.handle('genesis.export', {})).text, {
      isStrongKey: () => true,
    });
    const proven = await verifyEvidenceFile(genesis, file.text, verifySync);
    expect(proven.accused.name).toBe(liar);
    expect((await rejected(console.app.handle('evidence.export', { epoch: 0, replica: 3 }))).code).toBe(
      'evidence.notFound',
    );
    expect((await rejected(console.app.handle('faults.inject', { replica: 3, fault: 'stop' }))).code).toBe(
      'fault.unavailable',
    );

    // What is durable is known after a restart; when it was learnt is not.
    await console.app.stop();
    const again = await TestConsole.start(console.directory);
    const { evidence, views: later } = await again.app.handle('session.snapshot', {});
    expect(evidence).toEqual([{ ...accused.evidence[0], learntAtMs: null }]);
    expect(later?.sinceStart).toBe(true);
  });
});
