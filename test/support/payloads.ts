/**
 * Payloads and drafts of every shape, for properties.
 * @module
 */
import fc from 'fast-check';
import type { Draft } from '../../src/main/ledger/request.ts';
import {
  DECISIONS,
  type AssessmentsPayload,
  type Cell,
  type DocumentPayload,
  type Payload,
} from '../../src/shared/domain/payload.ts';
import { toHex } from '../../src/shared/encoding/hex.ts';
import { textArbitrary } from './encodings.ts';

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);

const numberLiteral = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => String(value)),
  fc.constantFrom('0', '-0', '1.10', '1e400', '-0.0E-7', '123456789012345678901234567890'),
);

export const cellArbitrary: fc.Arbitrary<Cell> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  textArbitrary(30),
  numberLiteral.map((number) => ({ number })),
);

export const assessmentsArbitrary: fc.Arbitrary<AssessmentsPayload> = fc
  .uniqueArray(textArbitrary(12), { minLength: 1, maxLength: 5 })
  .chain((columns) =>
    fc.record({
      kind: fc.constant('assessments' as const),
      title: textArbitrary(40),
      remark: textArbitrary(40),
      columns: fc.constant(columns),
      records: fc.array(fc.array(cellArbitrary, { minLength: columns.length, maxLength: columns.length }), {
        minLength: 1,
        maxLength: 6,
      }),
    }),
  );

export const documentArbitrary: fc.Arbitrary<DocumentPayload> = fc.record({
  kind: fc.constant('document' as const),
  title: textArbitrary(40),
  decision: fc.constantFrom(...DECISIONS),
  remark: textArbitrary(40),
  files: fc.array(
    fc.record({
      name: textArbitrary(40),
      mediaType: textArbitrary(40),
      sizeBytes: fc.maxSafeNat(),
      sha256: hash,
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

export const payloadArbitrary: fc.Arbitrary<Payload> = fc.oneof(assessmentsArbitrary, documentArbitrary);

export const draftArbitrary: fc.Arbitrary<Draft> = fc.record({
  networkId: hash,
  timestampMs: fc.maxSafeNat(),
  supervisor: hash,
  payload: payloadArbitrary,
});
