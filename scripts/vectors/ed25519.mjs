/**
 * Makes `test/vectors/ed25519.json`: signatures on which ed25519 verifiers are known to disagree, with the one
 * verdict that a ledger of Countersign gives. `node scripts/vectors/ed25519.mjs` writes the file.
 *
 * The verdicts are written here by hand, from the rule below; no verifier is asked. The edge cases are
 * those of "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko 2020) and of ZIP 215.
 *
 * @module
 */
import { hash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as ed from '@noble/ed25519';

ed.hashes.sha512 = (message) => new Uint8Array(hash('sha512', message, 'buffer'));

const { p: fieldPrime, n: groupOrder } = ed.Point.CURVE();
const bytesOf = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hexOf = (bytes) => Buffer.from(bytes).toString('hex');
const join = (...parts) => Uint8Array.from(Buffer.concat(parts));
const littleEndian = (number) => bytesOf(number.toString(16).padStart(64, '0')).reverse();
const fromLittleEndian = (bytes) => BigInt(`0x${hexOf(Uint8Array.from(bytes).reverse())}`);
const modOrder = (number) => ((number % groupOrder) + groupOrder) % groupOrder;
const digestOf = (text) => new Uint8Array(hash('sha256', text, 'buffer'));

/** The challenge: SHA-512(R | A | message) as a number modulo the group order. */
const challenge = (R, A, message) => modOrder(fromLittleEndian(ed.hashes.sha512(join(R, A, message))));

/** One of the points of order 8; its multiples are all eight points of small order. */
const torsion = ed.Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
const torsionMultiple = (factor) => {
  let point = ed.Point.ZERO;
  for (let count = 0; count < factor; count++) point = point.add(torsion);
  return point;
};

/** Encodings of points of small order that are not the canonical ones: y >= p, or x = 0 with the sign bit set. */
const nonCanonicalSmallOrder = [
  ['y = p, for y = 0', littleEndian(fieldPrime)],
  ['y = p with the sign bit, for y = 0', littleEndian(fieldPrime + (1n << 255n))],
  ['y = p + 1, for the neutral element', littleEndian(fieldPrime + 1n)],
  ['y = p + 1 with the sign bit, for the neutral element', littleEndian(fieldPrime + 1n + (1n << 255n))],
  ['y = 1 with the sign bit, for the neutral element', littleEndian(1n + (1n << 255n))],
  ['y = p - 1 with the sign bit, for the point of order 2', littleEndian(fieldPrime - 1n + (1n << 255n))],
];

const smallOrders = [1, 8, 4, 8, 2, 8, 4, 8];
const seed = digestOf('Countersign ed25519 vectors: the seed of the signer');
const digest = digestOf('Countersign ed25519 vectors: the digest that is signed');
const {
  scalar: secretScalar,
  point: publicPoint,
  pointBytes: publicKey,
} = ed.utils.getExtendedPublicKey(seed);
const nonce = modOrder(fromLittleEndian(digestOf('Countersign ed25519 vectors: the nonce')));
const noncePoint = ed.Point.BASE.multiply(nonce);
const honest = ed.sign(digest, seed);

const vector = (name, valid, A, message, signature) => ({
  name,
  publicKey: hexOf(A),
  message: hexOf(message),
  signature: hexOf(signature),
  valid,
});

/** A signature made with the scalar of a known key, for whatever encodings of R and A it is asked to fit. */
const forge = (R, A, message, s) => join(R, littleEndian(modOrder(s(challenge(R, A, message)))));

function rfc8032() {
  // RFC 8032, section 7.1: TEST 1, 2, 3 and SHA(abc).
  const cases = [
    [
      'TEST 1',
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      'TEST 2',
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
    [
      'TEST 3',
      'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      'af82',
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    ],
    [
      'TEST SHA(abc)',
      'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
      'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
    ],
  ];
  return cases.map(([name, A, message, signature]) =>
    vector(`RFC 8032 ${name}`, true, bytesOf(A), bytesOf(message), bytesOf(signature)),
  );
}

function plain() {
  const otherKey = ed.getPublicKey(digestOf('Countersign ed25519 vectors: another seed'));
  const otherDigest = digestOf('Countersign ed25519 vectors: another digest');
  const flipped = Uint8Array.from(honest);
  flipped[31] ^= 0x80;
  const zeros = new Uint8Array(32);
  const zeroSignature = new Uint8Array(64);
  return [
    vector('honest signature', true, publicKey, digest, honest),
    vector('wrong message', false, publicKey, otherDigest, honest),
    vector('wrong key', false, otherKey, digest, honest),
    vector('R with its sign bit flipped', false, publicKey, digest, flipped),
    vector('all-zero signature', false, publicKey, digest, zeroSignature),
    vector('all-zero key', false, zeros, digest, honest),
    vector('all-zero message, with a signature of another', false, publicKey, zeros, honest),
    vector('everything zero', false, zeros, zeros, zeroSignature),
  ];
}

function scalars() {
  const R = honest.slice(0, 32);
  const s = fromLittleEndian(honest.slice(32));
  const withScalar = (name, number) => vector(name, false, publicKey, digest, join(R, littleEndian(number)));
  return [
    withScalar('s + L, the smallest s that is not canonical', s + groupOrder),
    withScalar('s + 8 L, with bit 255 of s set', s + 8n * groupOrder),
    withScalar('s with bit 253 set', s | (1n << 253n)),
    withScalar('s with bits 253, 254 and 255 set', s | (7n << 253n)),
    withScalar('s = L', groupOrder),
    withScalar('s = 0', 0n),
  ];
}

function smallOrderKeys() {
  const R = noncePoint.toBytes();
  const withKey = (name, A) =>
    vector(
      name,
      false,
      A,
      digest,
      forge(R, A, digest, () => nonce),
    );
  return [
    ...smallOrders.map((order, factor) =>
      withKey(`A = ${factor} T, of order ${order}`, torsionMultiple(factor).toBytes()),
    ),
    ...nonCanonicalSmallOrder.map(([name, A]) => withKey(`non-canonical A: ${name}`, A)),
  ];
}

function smallOrderNonces() {
  const withNonce = (name, R) =>
    vector(
      name,
      false,
      publicKey,
      digest,
      forge(R, publicKey, digest, (k) => k * secretScalar),
    );
  return [
    ...smallOrders.map((order, factor) =>
      withNonce(`R = ${factor} T, of order ${order}`, torsionMultiple(factor).toBytes()),
    ),
    ...nonCanonicalSmallOrder.map(([name, R]) => withNonce(`non-canonical R: ${name}`, R)),
  ];
}

function offCurve() {
  const y = Array.from({ length: 32 }, (_, number) => littleEndian(BigInt(number)));
  const isOnCurve = (bytes) => {
    try {
      ed.Point.fromBytes(bytes);
      return true;
    } catch {
      return false;
    }
  };
  const off = y.find((bytes) => !isOnCurve(bytes));
  // y = 0 and y = 1 have small order; the next y on the curve below 19 also has the second encoding y + p.
  const small = y.slice(2, 19).find(isOnCurve);
  const second = littleEndian(fromLittleEndian(small) + fieldPrime);
  const sign = (k) => nonce + k * secretScalar;
  return [
    vector('A is not on the curve', false, off, digest, honest),
    vector('R is not on the curve', false, publicKey, digest, forge(off, publicKey, digest, sign)),
    vector(
      'non-canonical A of large order',
      false,
      second,
      digest,
      forge(noncePoint.toBytes(), second, digest, sign),
    ),
    vector(
      'non-canonical R of large order',
      false,
      publicKey,
      digest,
      forge(second, publicKey, digest, sign),
    ),
  ];
}

/** The first digest of a numbered series for which the challenge is, modulo 8, as `wanted` says. */
function digestWith(R, A, wanted) {
  for (let number = 0; ; number++) {
    const candidate = digestOf(`Countersign ed25519 vectors: digest ${number}`);
    if (wanted(challenge(R, A, candidate) % 8n)) return candidate;
  }
}

function mixedOrder() {
  const sign = (k) => nonce + k * secretScalar;
  const make = (name, valid, noncePart, keyPart, wanted) => {
    const R = noncePoint.add(torsionMultiple(noncePart)).toBytes();
    const A = publicPoint.add(torsionMultiple(keyPart)).toBytes();
    const message = digestWith(R, A, wanted);
    return vector(name, valid, A, message, forge(R, A, message, sign));
  };
  const isOdd = (k) => k % 2n === 1n;
  return [
    make('A with torsion of order 8, k odd: [S]B differs from R + [k]A by torsion', false, 0, 1, isOdd),
    make('A with torsion of order 8, k = 0 mod 8: [S]B = R + [k]A', true, 0, 1, (k) => k === 0n),
    make('A with torsion of order 2, k odd: [S]B differs from R + [k]A by torsion', false, 0, 4, isOdd),
    make('A with torsion of order 2, k even: [S]B = R + [k]A', true, 0, 4, (k) => !isOdd(k)),
    make('R with torsion of order 8: [S]B differs from R + [k]A by torsion', false, 1, 0, () => true),
    make('R with torsion of order 4: [S]B differs from R + [k]A by torsion', false, 2, 0, () => true),
    make('R with torsion of order 2: [S]B differs from R + [k]A by torsion', false, 4, 0, () => true),
    make('A and R with torsion that cancels: [S]B = R + [k]A', true, 1, 1, (k) => k === 7n),
    make(
      'A and R with torsion that adds up: [S]B differs from R + [k]A by torsion',
      false,
      1,
      1,
      (k) => k === 1n,
    ),
  ];
}
/** The whole file, as it is committed. */
export function makeVectors() {
  return {
    about: [
      'Verdicts of the one ed25519 verifier of Countersign: crypto_sign_verify_detached of libsodium 1.0.21.',
      'Ed25519 verifiers disagree on the edge cases below, and one divergent verdict splits the ledger.',
      'An implementation in any other language or library must give exactly these verdicts.',
      'All byte strings are lowercase hex. In the ledger every message is a 32-byte digest.',
    ],
    rule: [
      'signature = R | S, each 32 bytes; S is little-endian; k = SHA-512(R | publicKey | message) mod L.',
      'Valid if and only if all of these hold:',
      '1. The signature has 64 bytes and the public key has 32.',
      '2. S < L.',
      '3. The public key is the canonical encoding (y < p) of a point on the curve, not of small order.',
      '4. R is no encoding, canonical or not, of a point of small order.',
      '5. Without cofactor: the canonical encoding of [S]B - [k]A equals R byte by byte.',
      'A key with a torsion component is not refused here, but it is refused when a key is registered.',
    ],
    vectors: [
      ...rfc8032(),
      ...plain(),
      ...scalars(),
      ...smallOrderKeys(),
      ...smallOrderNonces(),
      ...offCurve(),
      ...mixedOrder(),
    ],
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const target = new URL('../../test/vectors/ed25519.json', import.meta.url);
  await writeFile(target, `${JSON.stringify(makeVectors(), null, 2)}\n`);
}
