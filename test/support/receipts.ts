/**
 * Receipts for tests: a chain with a few blocks and a certified checkpoint above the request.
 * @module
 */
import { verifySync } from '../../src/main/keys/verifier.ts';
import { buildReceipt, type Receipt } from '../../src/main/ledger/receipt.ts';
import type { SignatureCheck } from '../../src/main/ledger/statement.ts';
import { TestChain, makeCheckpointCertificate, makeGenesis, type TestNetwork } from './ledger.ts';

/** The program's own verifier. */
export const verify = (check: SignatureCheck): boolean => verifySync(check);

/** A network and a valid receipt in it. */
export interface ReceiptCase {
  readonly network: TestNetwork;
  readonly chain: TestChain;
  readonly receipt: Receipt;
}

/** A receipt of request `index` of a block of `requests`, with `above` blocks between it and its checkpoint. */
export function makeReceipt(
  options: {
    readonly requests?: number;
    readonly index?: number;
    readonly above?: number;
    readonly remark?: string;
  } = {},
): ReceiptCase {
  const { requests = 3, index = 1, above = 2, remark = '' } = options;
  const network = makeGenesis({ limits: { checkpointDistance: 4 } });
  const chain = new TestChain(network);
  chain.append(2);
  const { block } = chain.append(chain.requests(requests, remark));
  for (let added = 0; added < above; added++) chain.append(1);
  const { height } = block.header;
  const headersAbove = Array.from({ length: above }, (_, offset) => chain.header(height + 1 + offset));
  const receipt = buildReceipt({
    request: block.requests[index]!,
    header: block.header,
    ids: block.requests.map(({ id }) => id),
    headersAbove,
    certificate: makeCheckpointCertificate(network, chain.header(), 5),
    below: chain.stateAt(height - 1),
    registryChanges: [],
  });
  return { network, chain, receipt };
}
