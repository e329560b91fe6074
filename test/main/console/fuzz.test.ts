/** Each channel under 1,000 random inputs: a typed answer each time, and the console goes on. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHANNEL_NAMES, channels, type Channel } from '../../../src/shared/contract/channels.ts';
import { answerSchema } from '../../../src/shared/contract/bridge.ts';
import { ERROR_CATALOGUES } from '../../../src/shared/locales/errorWords.ts';
import { PASSPHRASE, SETUP, TestConsole, endAll } from './support.ts';

const RUNS = 1_000;

let running: TestConsole;
/** Values that mean something to the console, so that inputs get past the schemas. */
let known: unknown[];

beforeAll(async () => {
  running = await TestConsole.start();
  await running.app.handle('setup.try', SETUP);
  const draft = await running.draft('assessments', { name: 'a.csv', text: 'a\n1\n' });
  const other = await running.draft('document', { name: 'b.pdf', text: 'b' });
  await running.app.handle('item.sign', {
    items: [{ id: other.id, shownHash: other.contentHash }],
    passphrase: null,
  });
  const final = await running.item(other.id, ({ receiptReady }) => receiptReady);
  const receipt = await running.app.handle('receipt.export', { requestId: final.requestId ?? '' });
  const { uploadId } = await running.app.handle('upload.begin', {
    name: 'c.csv',
    mediaType: '',
    sizeBytes: 10,
    purpose: 'assessments',
  });
  known = [
    draft.id,
    draft.contentHash,
    other.id,
    final.requestId,
    receipt.text,
    uploadId,
    'assessments',
    'YQ==',
  ];
}, 60_000);

afterAll(endAll);

/** Anything that JSON can carry, and what Electron's IPC can carry beyond it. */
function anything(): fc.Arbitrary<unknown> {
  const json = fc.jsonValue({ maxDepth: 4 });
  const odd = fc.constantFrom<unknown>(
    undefined,
    NaN,
    Infinity,
    -0,
    1n,
    new Date(0),
    new Uint8Array(3),
    new Map(),
  );
  const polluting = fc.constantFrom<unknown>(
    JSON.parse('{"__proto__":{"a":1}}'),
    JSON.parse('{"constructor":{"prototype":{"a":1}}}'),
    Object.create(null),
  );
  return fc.oneof(json, odd, polluting, fc.constantFrom(...known), fc.nat(), fc.string({ unit: 'binary' }));
}

/** Objects with the channel's own fields, each with a fitting value or any other. */
function nearly(channel: Channel): fc.Arbitrary<unknown> {
  const fields = Object.keys(channels[channel].input.shape);
  const value = fc.oneof(
    anything(),
    fc.constantFrom(...known),
    fc.array(fc.oneof(fc.constantFrom(...known), anything()), { maxLength: 3 }),
    fc.record({ id: fc.constantFrom(...known), shownHash: fc.constantFrom(...known) }).map((item) => [item]),
    fc.constantFrom(null, 0, 1, 100),
  );
  return fc.record(Object.fromEntries(fields.map((field) => [field, value])), { requiredKeys: [] });
}

describe('SECURITY 6: every channel', () => {
  // Setting up and unlocking derive keys for any passphrase, which takes a second each: those are for tests of their own.
  const fits = (channel: Channel) => (input: unknown) => channels[channel].input.safeParse(input).success;
  const costly: Partial<Record<Channel, (input: unknown) => boolean>> = {
    'key.unlock': fits('key.unlock'),
    'key.changePassphrase': fits('key.changePassphrase'),
    'key.backup': fits('key.backup'),
    'key.keychain': fits('key.keychain'),
    'item.sign': (input) => {
      const parsed = channels['item.sign'].input.safeParse(input);
      return parsed.success && parsed.data.passphrase !== null;
    },
  };

  it.each(CHANNEL_NAMES)('%s answers anything with a typed answer', { timeout: 120_000 }, async (channel) => {
    const input = fc
      .oneof(anything(), nearly(channel))
      .filter((value) => !(costly[channel]?.(value) ?? false));
    const codes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(input, async (value) => {
        const answer = answerSchema.parse(await running.app.answer(channel, value));
        if (answer.ok) return;
        codes.add(answer.error.code);
        expect(Object.keys(ERROR_CATALOGUES.en)).toContain(answer.error.code);
        expect(answer.error.code).not.toBe('internal');
      }),
      { numRuns: RUNS },
    );
    expect([...codes]).toContain('console.badInput');
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
    expect(running.app.stage.name).toBe('running');
  });

  it('knows no other channel', async () => {
    const names = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '__proto__',
        'constructor',
        'toString',
        'hasOwnProperty',
        'item.Sign',
        ' item.sign',
        '',
      ),
    );
    await fc.assert(
      fc.asyncProperty(names, async (name) => {
        const answer = await running.app.answer(name, {});
        expect(answer).toMatchObject({ ok: false, error: { code: 'console.unknownChannel' } });
      }),
      { numRuns: RUNS },
    );
  });

  it('has said nothing of the passphrase', () => {
    const said = JSON.stringify([running.events, running.deltas]);
    expect(said).not.toContain(PASSPHRASE);
  });
});
