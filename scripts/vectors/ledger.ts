/**
 * Vectors of what the ledger is made of: genesis, requests, blocks and state.
 * @module
 */
import { encodeHeader } from '../../src/main/ledger/block.ts';
import { encodeEvidence } from '../../src/main/ledger/evidence.ts';
import { encodeGenesis } from '../../src/main/ledger/genesis.ts';
import { renderGenesisFile } from '../../src/main/ledger/genesisFile.ts';
import { merklePath, merkleRoot } from '../../src/main/ledger/merkle.ts';
import { encodeDraft, requestId, requestSigningDigest } from '../../src/main/ledger/request.ts';
import { Registry } from '../../src/main/ledger/registry/registry.ts';
import { LedgerState } from '../../src/main/ledger/state.ts';
import { EVIDENCE, PAYLOADS, draftOf, makeChain, network, signed } from './network.ts';

export function genesisVectors(): unknown {
  const { genesis, networkId } = network;
  const { chain } = makeChain();
  const { hash, ...header } = chain.header(0);
  return {
    description: 'A genesis file, what it says, its canonical bytes, and the genesis block of its network.',
    file: renderGenesisFile(genesis),
    genesis,
    bytes: encodeGenesis(genesis),
    networkId,
    registryDigest: Registry.ofGenesis(genesis).digest,
    stateDigest: new LedgerState(genesis).digest,
    header,
    headerBytes: encodeHeader(header),
    headerHash: hash,
  };
}

export function requestVectors(): unknown {
  return {
    description:
      'Drafts, their canonical bytes, their ids, what is signed for them, and the signed requests. ' +
      'Seeds are the private keys of RFC 8032.',
    requests: PAYLOADS.map((payload, index) => {
      const each = draftOf(index % 2, network.genesis.createdAtMs + index, payload);
      const request = signed(each);
      return {
        seed: each.seed,
        draft: each.draft,
        draftBytes: encodeDraft(each.draft),
        id: requestId(each.draft),
        signingDigest: requestSigningDigest(each.draft.networkId, request.id),
        signature: request.signature,
        requestBytes: request.bytes,
      };
    }),
  };
}

const LARGEST_TREE = 9;

export function blockVectors(): unknown {
  const leaves = Array.from({ length: LARGEST_TREE }, (_, index) =>
    (index + 1).toString(16).padStart(2, '0').repeat(32),
  );
  const { chain, blocks } = makeChain();
  return {
    description: 'Merkle trees over ids, and a chain of blocks above the genesis of genesis.json.',
    trees: Array.from({ length: LARGEST_TREE + 1 }, (_, size) => {
      const ids = leaves.slice(0, size);
      return { ids, root: merkleRoot(ids), paths: ids.map((_id, index) => merklePath(ids, index)) };
    }),
    blocks: blocks.map((requests, index) => {
      const { hash, ...header } = chain.header(index + 1);
      return {
        requestIds: requests.map(({ id }) => id),
        evidence: index === blocks.length - 1 ? EVIDENCE.map(encodeEvidence) : [],
        executed: chain.state.valuesAt(index + 1),
        header,
        headerBytes: encodeHeader(header),
        headerHash: hash,
      };
    }),
  };
}
