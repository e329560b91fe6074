/**
 * The rules of PROTOCOL.md, each broken.
 * @module
 */
import type { Plant } from './plants.ts';

const certify = 'src/main/consensus/handle/certify.ts';
const select = 'src/main/consensus/select.ts';
const newView = 'src/main/consensus/handle/newView.ts';
const viewChange = 'src/main/consensus/handle/viewChange.ts';
const adopt = 'src/main/consensus/handle/adopt.ts';
const append = 'src/main/consensus/handle/append.ts';
const orderedRequest = 'src/main/consensus/handle/orderedRequest.ts';

const RAISE = `    context.commitCertificate = certificate;
    context.persist({ type: 'commitCertificate', certificate });`;

/** Tells clients that the blocks up to a height are final. */
const FINALIZE_UP_TO = (height: string) => `
    for (const { block } of context.chain.accepted) {
      if (block.header.height > ${height}) break;
      context.emit({
        type: 'finalize',
        requestIds: block.requests.map(({ id }) => id),
        height: block.header.height,
        hash: block.header.hash,
      });
    }`;

const SINGLE_RULES: readonly Plant[] = [
  {
    name: 'M1',
    breaks: 'a quorum of localCommits alone is called final',
    shows: 'violation',
    changes: [{ file: certify, find: RAISE, replace: RAISE + FINALIZE_UP_TO('height') }],
  },
  {
    name: 'P3',
    breaks: 'two certificates in a row on a chain count as final for the first',
    shows: 'violation',
    changes: [
      {
        file: certify,
        find: RAISE,
        replace: `    const lower = context.commitCertificate;
    const inARow =
      lower !== null && lower.height < height && context.chain.contains(lower.height, lower.hash);
    const finalHeight = inARow ? lower.height : 0;
${RAISE}${FINALIZE_UP_TO('finalHeight')}`,
      },
    ],
  },
  {
    name: 'M2',
    breaks: 'in select, the certified block always wins',
    shows: 'violation',
    schedule: 'givenUp',
    changes: [
      {
        file: select,
        find: 'const chosen = isPrefix(supported.headers, certified.headers) ? certified : supported;',
        replace: 'const chosen = isPrefix(certified.headers, supported.headers) ? supported : certified;',
      },
    ],
  },
  {
    name: 'M3',
    breaks: 'answers of different views count as equal',
    shows: 'violation',
    changes: [
      {
        file: 'src/main/client/tracking.ts',
        find: 'const key = `${String(height)}:${hash}:${tag}`;',
        replace: 'const key = `${String(height)}:${hash}`;',
      },
    ],
  },
  {
    name: 'M4',
    breaks: 'blocks below the base of the view are accepted under a signature',
    shows: 'violation',
    changes: [
      {
        file: certify,
        find: 'if (height <= wishes.signedHeight || height < context.position.baseHeight) return;',
        replace: 'if (height <= wishes.signedHeight) return;',
      },
      {
        file: certify,
        find: 'if (commit.tag !== context.tag || commit.height < context.position.baseHeight) return;',
        replace: 'if (commit.tag !== context.tag) return;',
      },
      {
        file: append,
        find: 'if (height < context.position.baseHeight || context.isSilent',
        replace: 'if (context.isSilent',
      },
      {
        file: 'src/main/consensus/handle/request.ts',
        find: 'executed.height >= context.position.baseHeight && !context.isSilent',
        replace: '!context.isSilent',
      },
    ],
  },
  {
    name: 'M5',
    breaks: 'votes for a certificate that no later view change reported, formed after leaving the view',
    shows: 'violation',
    changes: [
      {
        file: certify,
        find: 'if (!context.isNormal || view !== context.view || !context.isInWindow(height)) return;',
        replace: 'if (view !== context.view || !context.isInWindow(height)) return;',
      },
    ],
  },
  {
    name: 'M8d',
    breaks: 'a view change does not report the certificate that was voted for',
    shows: 'violation',
    changes: [
      {
        file: viewChange,
        find: 'const commit = isHigher ? commitCertificate : null;',
        replace:
          'const commit = isHigher && commitCertificate.view < position.lastNormalView ? commitCertificate : null;',
      },
    ],
  },
  {
    name: 'M6',
    breaks: 'in select, every chain counts, whatever its last normal view',
    shows: 'violation',
    schedule: 'leftBehind',
    changes: [
      {
        file: select,
        find: 'if (lastNormalView !== certified.view) return lastNormalView > certified.view;',
        replace: 'if (lastNormalView !== -1) return true;',
      },
    ],
  },
  {
    name: 'M6b',
    breaks: 'in select, a chain of the view of the certificate counts without containing its block',
    shows: 'violation',
    schedule: 'oneDeceived',
    changes: [
      {
        file: select,
        find: 'if (lastNormalView !== certified.view) return lastNormalView > certified.view;',
        replace: 'if (lastNormalView >= certified.view) return true;',
      },
    ],
  },
  {
    name: 'M7',
    breaks: 'in select, supporters must all have the same last normal view',
    shows: 'violation',
    schedule: 'twoViews',
    changes: [
      {
        file: select,
        find: '? [{ replica, chain }] : [];',
        replace: '? [{ replica, chain, lastNormalView: viewChange.lastNormalView }] : [];',
      },
      {
        file: select,
        find: 'const children = Map.groupBy(holding, ({ chain }) => chain[headers.length]?.hash);',
        replace: `const highest = Math.max(...holding.map((item) => (item as { lastNormalView: number }).lastNormalView));
    const sameView = holding.filter((item) => (item as { lastNormalView: number }).lastNormalView === highest);
    const children = Map.groupBy(sameView, ({ chain }) => chain[headers.length]?.hash);`,
      },
    ],
  },
  {
    name: 'M9',
    breaks: 'blocks are accepted in a view after leaving it',
    shows: 'violation',
    changes: [
      {
        file: orderedRequest,
        find: 'if (!context.isNormal) return;',
        replace: '',
      },
      {
        file: orderedRequest,
        find: ' || !context.isNormal) return;',
        replace: ') return;',
      },
    ],
  },
  {
    name: 'M11',
    breaks: 'a view below the target of a signed view change is entered',
    shows: 'violation',
    changes: [
      {
        file: newView,
        find: 'return position.lastNormalView < view && position.target <= view;',
        replace: 'return position.lastNormalView < view;',
      },
      {
        file: adopt,
        find: 'view > position.lastNormalView && view >= position.target,',
        replace: 'view > position.lastNormalView,',
      },
    ],
  },
  {
    name: 'M12',
    breaks: 'a second new view of the same view is adopted',
    shows: 'violation',
    changes: [
      {
        file: newView,
        find: 'return position.lastNormalView < view && position.target <= view;',
        replace: 'return position.lastNormalView <= view && position.target <= view;',
      },
      {
        file: adopt,
        find: 'view > position.lastNormalView && view >= position.target,',
        replace: 'view >= position.lastNormalView && view >= position.target,',
      },
    ],
  },
  {
    name: 'M15',
    breaks: 'certificates are ordered by height before view',
    shows: 'violation',
    schedule: 'tallerButOlder',
    changes: [
      {
        file: 'src/main/ledger/statement.ts',
        find: 'return left.view - right.view || left.height - right.height;',
        replace: 'return left.height - right.height || left.view - right.view;',
      },
    ],
  },
  {
    name: 'M17',
    breaks: 'a view change names the last target in place of the last normal view',
    shows: 'violation',
    changes: [
      {
        file: viewChange,
        find: "context.position = { ...position, mode: 'changing', target };",
        replace:
          "context.position = { ...position, mode: 'changing', target, lastNormalView: Math.max(position.lastNormalView, position.target) };",
      },
    ],
  },
  {
    name: 'G1',
    breaks: 'rolled-back blocks are dropped before a stable checkpoint covers them',
    shows: 'stuck',
    changes: [
      {
        file: append,
        find: '    context.attic.set(block.header.hash, block);\n',
        replace: '',
      },
      {
        file: 'test/support/simulation/durable.ts',
        find: '      this.#rolledBack.set(block.header.hash, block);\n',
        replace: '',
      },
    ],
  },
  {
    name: 'listening',
    breaks: 'a replica that starts signs before the others have told what they have of it',
    shows: 'violation',
    schedule: 'restored',
    changes: [
      {
        file: 'src/main/consensus/context.ts',
        find: '  isListening = true;',
        replace: '  isListening = false;',
      },
    ],
  },
  {
    name: 'guard',
    breaks: 'the sign guard remembers nothing',
    shows: 'violation',
    schedule: 'unseen',
    changes: [
      {
        file: 'test/support/simulation/guard.ts',
        find: "    if (verdict.kind === 'new') this.#memory.add(statement);\n",
        replace: '',
      },
      {
        file: 'test/support/simulation/guard.ts',
        find: '    return this.#memory.mayHaveSigned(statement);',
        replace: '    return statement.view >= 0;',
      },
    ],
  },
  {
    name: 'durability-response',
    breaks: 'a response leaves before the block is durable',
    shows: 'violation',
    changes: [
      {
        file: 'test/support/simulation/replica.ts',
        find: '    const delayMs = operations.length > 0 ? this.#world.diskMs(this.index) : 0;\n',
        replace: `    const delayMs = operations.length > 0 ? this.#world.diskMs(this.index) : 0;
    for (const effect of effects) if (effect.type === 'respond') this.#carryOut(effect);\n`,
      },
    ],
  },
  {
    name: 'durability-vote',
    breaks: 'a checkpoint vote is signed before the commit certificate is durable',
    shows: 'violation',
    changes: [
      {
        file: certify,
        find: "    context.persist({ type: 'commitCertificate', certificate });\n",
        replace: '',
      },
    ],
  },
  {
    name: 'durability-viewChange',
    breaks: 'a view change is signed before the change of mode is durable',
    shows: 'violation',
    changes: [
      {
        file: viewChange,
        find: "  context.persist({ type: 'position', position: context.position });\n",
        replace: '',
      },
    ],
  },
];

const EPOCH_RULES: readonly Plant[] = [
  {
    name: 'E1',
    breaks: 'blocks are appended above the last block of the epoch',
    shows: 'violation',
    schedule: 'anyChanges',
    changes: [
      {
        file: 'src/main/consensus/context.ts',
        find: '    if (epochAfter(tip) !== this.position.epoch) return false;\n',
        replace: '',
      },
      {
        file: append,
        find: 'if (header.epoch !== context.position.epoch) return',
        replace: 'if (header.epoch < context.position.epoch) return',
      },
    ],
  },
  {
    name: 'E2',
    breaks: 'an epoch begins with a commit certificate in place of a stable one',
    shows: 'violation',
    schedule: 'anyChanges',
    changes: [
      {
        file: certify,
        find: RAISE,
        replace: `${RAISE}
    if (header.nextReplicas !== null) {
      context.endEpoch(header);
      return;
    }`,
      },
    ],
  },
  {
    name: 'E3',
    breaks: 'what was said in one epoch counts in the next',
    shows: 'violation',
    schedule: 'anyChanges',
    changes: [
      {
        file: 'src/main/consensus/verification.ts',
        find: 'return message.viewChange.epoch === epoch;',
        replace: 'return true;',
      },
      {
        file: viewChange,
        find: 'if (viewChange.epoch !== position.epoch) return;',
        replace: 'if (viewChange.epoch > position.epoch) return;',
      },
    ],
  },
  {
    name: 'member',
    breaks: 'a replica that is no member takes part',
    shows: 'violation',
    schedule: 'anyChanges',
    changes: [
      {
        file: 'src/main/consensus/config.ts',
        find: 'ownIndex: replicaKeys.indexOf(ownKey),',
        replace: 'ownIndex: Math.max(0, replicaKeys.indexOf(ownKey)),',
      },
      {
        file: 'src/main/consensus/context.ts',
        find: '  isListening = true;',
        replace: '  isListening = false;',
      },
    ],
  },
];

/** Every rule of durability broken at once. */
const DURABILITY: Plant = {
  name: 'durability',
  breaks: 'nothing waits until it is durable: not responses, not votes, not view changes',
  shows: 'violation',
  changes: SINGLE_RULES.filter(({ name }) => name.startsWith('durability-')).flatMap(
    ({ changes }) => changes,
  ),
};

export const RULES: readonly Plant[] = [...SINGLE_RULES, ...EPOCH_RULES, DURABILITY];
