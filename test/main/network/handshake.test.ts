import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/shared/encoding/hex.ts';
import { CountersignError, type PlainError } from '../../../src/shared/errors.ts';
import {
  checkHello,
  checkReply,
  makeHello,
  makeRefused,
  makeWelcome,
  proofDigest,
  type Party,
  type Responder,
} from '../../../src/main/network/handshake.ts';
import {
  decodeHello,
  decodeReply,
  encodeHello,
  encodeReply,
  type Hello,
  type Reply,
} from '../../../src/main/network/handshakeMessages.ts';
import { PeerBook } from '../../../src/main/network/peerBook.ts';
import {
  closeCodeOf,
  closeReasonOf,
  errorOfClose,
  errorOfRefusal,
  refusalOf,
  tellable,
} from '../../../src/main/network/refusals.ts';
import { NETWORK_ID, newIdentity, verify } from './harness.ts';

const MAX_BYTES = 4_096;
const hexOf = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(toHex);

const hellos: fc.Arbitrary<Hello> = fc.record({
  version: fc.constant(1),
  networkId: hexOf(32),
  role: fc.constantFrom('replica', 'client'),
  publicKey: fc.option(hexOf(32)),
  proof: fc.option(hexOf(64)),
});
const replies: fc.Arbitrary<Reply> = fc.oneof(
  fc.record({ kind: fc.constant('welcome' as const), publicKey: hexOf(32), proof: hexOf(64) }),
  fc.record({
    kind: fc.constant('refused' as const),
    code: fc.string({ maxLength: 64 }),
    data: fc.array(
      fc.record({
        name: fc.string({ maxLength: 64 }),
        value: fc.oneof(fc.string({ maxLength: 128 }), fc.maxSafeNat()),
      }),
      { maxLength: 8 },
    ),
  }),
);

describe('the messages', () => {
  it('have these bytes', () => {
    const hello = { version: 1, networkId: 'aa'.repeat(32), publicKey: null, proof: null } as const;
    expect(toHex(encodeHello({ ...hello, role: 'client' }))).toBe(
      `85015820${'aa'.repeat(32)}66636c69656e74f6f6`,
    );
    const known = { ...hello, role: 'replica', publicKey: 'bb'.repeat(32), proof: 'cc'.repeat(64) } as const;
    expect(toHex(encodeHello(known))).toBe(
      `85015820${'aa'.repeat(32)}677265706c6963615820${'bb'.repeat(32)}5840${'cc'.repeat(64)}`,
    );
    const welcome = { kind: 'welcome', publicKey: 'bb'.repeat(32), proof: 'cc'.repeat(64) } as const;
    expect(toHex(encodeReply(welcome))).toBe(`83015820${'bb'.repeat(32)}5840${'cc'.repeat(64)}`);
    expect(toHex(makeRefused({ code: 'handshake.timeout', data: { timeoutMs: 5_000 } }))).toBe(
      '83027168616e647368616b652e74696d656f757481826974696d656f75744d73191388',
    );
  });

  it('are read as they were written', () => {
    fc.assert(
      fc.property(hellos, replies, (hello, reply) => {
        expect(decodeHello(encodeHello(hello), MAX_BYTES)).toEqual(hello);
        expect(decodeReply(encodeReply(reply), MAX_BYTES)).toEqual(reply);
      }),
    );
  });

  it('of any other form are refused with a handshake error', () => {
    const mutated = fc
      .tuple(fc.oneof(hellos.map(encodeHello), replies.map(encodeReply)), fc.nat(), fc.nat(255), fc.nat(200))
      .map(([bytes, at, value, cut]) => {
        const changed = Uint8Array.from(bytes);
        changed[at % changed.length] = value;
        return cut < 100 ? changed.subarray(0, cut) : changed;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        for (const [read, write] of [
          [decodeHello, encodeHello],
          [decodeReply, encodeReply],
        ] as [(bytes: Uint8Array, max: number) => unknown, (value: unknown) => Uint8Array][]) {
          let value: unknown;
          try {
            value = read(bytes, MAX_BYTES);
          } catch (error) {
            expect(error).toBeInstanceOf(CountersignError);
            expect((error as CountersignError).code).toMatch(/^handshake\.(malformed|version)$/);
            continue;
          }
          expect(toHex(write(value))).toBe(toHex(bytes));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('of another version are told apart whatever follows the version', () => {
    for (const hex of ['8102', '8502f6f6f6f6', '87190100000000000000']) {
      expect(() => decodeHello(fromHex(hex), MAX_BYTES)).toThrow('handshake.version {"expected":1');
    }
    expect(() => decodeHello(new Uint8Array(MAX_BYTES + 1), MAX_BYTES)).toThrow('handshake.malformed');
  });
});

describe('refusals', () => {
  const errors: PlainError[] = [
    { code: 'handshake.version', data: { expected: 1, actual: 2 } },
    { code: 'handshake.duplicate', data: { publicKey: 'ab'.repeat(32) } },
    { code: 'admission.rate', data: { maxPerSecond: 200 } },
    { code: 'admission.messageTooLarge', data: { maxBytes: 8_454_144 } },
    { code: 'encoding.invalid', data: { at: 'a b=c%', problem: 'ünlü\n界 = %25' } },
    { code: 'stopped', data: { what: 'replica' } },
  ];

  it.each(errors)('$code is told in a message and in a close frame', (error) => {
    expect(tellable(error)).toBe(error);
    expect(errorOfRefusal(refusalOf(error))).toEqual(error);
    const reason = closeReasonOf(error);
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
    expect(errorOfClose(closeCodeOf(error), reason, 'host:1', 9)).toEqual(error);
  });

  it('are cut to the code where a close frame cannot hold the data, and then not trusted to be complete', () => {
    const error: PlainError = {
      code: 'handshake.wrongNetwork',
      data: { expected: 'ab'.repeat(32), actual: 'cd'.repeat(32) },
    };
    expect(errorOfRefusal(refusalOf(error))).toEqual(error);
    expect(closeReasonOf(error)).toBe('handshake.wrongNetwork');
    expect(errorOfClose(closeCodeOf(error), closeReasonOf(error), 'host:1', 9)).toEqual({
      code: 'network.unreachable',
      data: { address: 'host:1', problem: 'closed with code 4002: handshake.wrongNetwork' },
    });
  });

  it('are not looked for where a line broke off', () => {
    expect(errorOfClose(1006, '', 'host:1', 9)).toEqual({
      code: 'network.brokeOff',
      data: { address: 'host:1' },
    });
  });

  it('say nothing of what is nobody else’s business', () => {
    const secret: PlainError = { code: 'storage.corrupt', data: { path: '/secret', problem: 'x' } };
    expect(tellable(secret)).toEqual({ code: 'stopped', data: { what: 'connection' } });
  });

  it('always become an error of a known shape, whatever the other side says', () => {
    const words = fc.oneof(
      fc.string({ maxLength: 120 }),
      fc.constantFrom(
        'constructor',
        'toString',
        '__proto__ a=b',
        'stopped',
        'stopped what=%',
        'admission.rate x=1',
      ),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 4_999 }), words, (code, reason) => {
        const error = errorOfClose(code, reason, 'host:1', 9);
        expect(['network.unreachable', 'network.brokeOff', 'admission.messageTooLarge', 'stopped']).toContain(
          error.code,
        );
      }),
    );
    for (const code of ['constructor', '__proto__', 'storage.corrupt', 'admission.rate']) {
      const told = errorOfRefusal({ code, data: [{ name: 'maxPerSecond', value: 'fast' }] });
      expect(told).toMatchObject({ code: 'handshake.malformed' });
    }
  });
});

describe('proofs', () => {
  it('sign this digest', () => {
    const digest = proofDigest(
      'initiator replica',
      'aa'.repeat(32),
      fromHex('ee'.repeat(32)),
      'bb'.repeat(32),
      'dd'.repeat(32),
    );
    expect(toHex(digest)).toBe('df72e21268c7c5f649fa744c1594a616485b3677de089dc76644ae79b00a52ef');
  });

  it('hold for one purpose, network, connection, signer and counterpart only', () => {
    const exporter = fromHex('ee'.repeat(32));
    const [a, b, c] = ['aa', 'bb', 'cc'].map((byte) => byte.repeat(32)) as [string, string, string];
    const digests = [
      proofDigest('initiator replica', a, exporter, b, c),
      proofDigest('responder replica', a, exporter, b, c),
      proofDigest('initiator replica', c, exporter, b, c),
      proofDigest('initiator replica', a, fromHex('ef'.repeat(32)), b, c),
      proofDigest('initiator replica', a, exporter, c, b),
      proofDigest('initiator replica', a, exporter, b, b),
      proofDigest('initiator replica', a, exporter, b, null),
    ];
    expect(new Set(digests.map(toHex)).size).toBe(digests.length);
  });
});

describe('the two checks', () => {
  const exporter = fromHex('ee'.repeat(32));
  const [low, middle, high] = [newIdentity(), newIdentity(), newIdentity()].sort((x, y) =>
    x.publicKey < y.publicKey ? -1 : 1,
  ) as [ReturnType<typeof newIdentity>, ReturnType<typeof newIdentity>, ReturnType<typeof newIdentity>];
  const book = new PeerBook(
    [low, middle, high].map(({ publicKey }, index) => ({
      index,
      publicKey,
      name: '',
      host: 'localhost',
      port: 1,
    })),
    middle.publicKey,
  );
  const common = { networkId: NETWORK_ID, verify, maxHandshakeBytes: MAX_BYTES };
  const responder: Responder = { ...common, identity: middle, book };
  const client: Party = { ...common, identity: null };
  const replica: Party = { ...common, identity: low };
  const helloOf = (party: Party): Uint8Array => makeHello(party, exporter, middle.publicKey);

  it('let a client and the replica that has to dial pass', async () => {
    expect(await checkHello(responder, exporter, helloOf(client))).toEqual({ role: 'client' });
    const initiator = await checkHello(responder, exporter, helloOf(replica));
    expect(initiator).toEqual({ role: 'replica', index: 0, publicKey: low.publicKey });
    const welcome = makeWelcome(responder, exporter, initiator);
    await expect(checkReply(replica, exporter, middle.publicKey, welcome)).resolves.toBeUndefined();
    // The welcome of a replica is none for a client.
    await expect(checkReply(client, exporter, middle.publicKey, welcome)).rejects.toThrow(
      'handshake.badProof',
    );
  });

  it.each([
    ['another network', helloOf({ ...replica, networkId: '00'.repeat(32) }), 'handshake.wrongNetwork'],
    ['an unknown key', helloOf({ ...replica, identity: newIdentity() }), 'handshake.unknownReplica'],
    [
      'a key that is not its own',
      helloOf({ ...replica, identity: { publicKey: low.publicKey, prove: high.prove } }),
      'handshake.badProof',
    ],
    [
      'another connection',
      makeHello(replica, fromHex('ef'.repeat(32)), middle.publicKey),
      'handshake.badProof',
    ],
    ['another responder', makeHello(replica, exporter, high.publicKey), 'handshake.badProof'],
    ['the wrong direction', helloOf({ ...replica, identity: high }), 'handshake.malformed'],
    ['itself', helloOf({ ...replica, identity: middle }), 'handshake.malformed'],
    [
      'a client with a key',
      encodeHello({
        version: 1,
        networkId: NETWORK_ID,
        role: 'client',
        publicKey: low.publicKey,
        proof: null,
      }),
      'handshake.malformed',
    ],
    [
      'a replica without a proof',
      encodeHello({
        version: 1,
        networkId: NETWORK_ID,
        role: 'replica',
        publicKey: low.publicKey,
        proof: null,
      }),
      'handshake.malformed',
    ],
  ])('refuse a hello for %s', async (_what, hello, code) => {
    await expect(checkHello(responder, exporter, hello)).rejects.toMatchObject({ code });
  });

  it('refuse the welcome of another replica and of another connection', async () => {
    const welcome = makeWelcome(responder, exporter, { role: 'client' });
    await expect(checkReply(client, exporter, high.publicKey, welcome)).rejects.toMatchObject({
      code: 'handshake.wrongReplica',
      data: { expected: high.publicKey, actual: middle.publicKey },
    });
    const elsewhere = fromHex('ef'.repeat(32));
    await expect(checkReply(client, elsewhere, middle.publicKey, welcome)).rejects.toMatchObject({
      code: 'handshake.badProof',
    });
  });
});
