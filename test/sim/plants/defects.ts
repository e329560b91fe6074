/**
 * The defects of the prototype that the notes come from: each would be found here.
 * @module
 */
import type { Plant } from './plants.ts';

const orderedRequest = 'src/main/consensus/handle/orderedRequest.ts';

export const DEFECTS: readonly Plant[] = [
  {
    name: 'origin1',
    breaks: 'the hash of a request does not bind its content',
    shows: 'violation',
    changes: [
      {
        file: 'src/main/ledger/request.ts',
        find: "return digestHex('countersign/request/1', encodeDraft(draft));",
        replace:
          "return digestHex('countersign/request/1', encodeDraft({ ...draft, payload: { ...draft.payload, remark: '[object Object]' } }));",
      },
    ],
  },
  {
    name: 'origin2',
    breaks: 'requests of unknown supervisors are accepted',
    shows: 'violation',
    changes: [
      {
        file: 'src/main/ledger/state.ts',
        find: 'if (this.#registry.supervisor(supervisor) !== undefined) return undefined;',
        replace:
          "if (this.#registry.supervisor(supervisor) !== undefined || supervisor !== '') return undefined;",
      },
    ],
  },
  {
    name: 'origin3',
    breaks: 'an answer is built with its fields in the wrong order',
    shows: 'violation',
    changes: [
      {
        file: 'src/main/consensus/handle/append.ts',
        find: "context.emit({ type: 'respond', requestIds, epoch, height, hash, tag: context.tag });",
        replace:
          "context.emit({ type: 'respond', requestIds, epoch, height, hash: context.tag, tag: hash });",
      },
    ],
  },
  {
    name: 'origin4',
    breaks: 'requests must be ordered in the order in which they arrived here',
    shows: 'violation',
    changes: [
      {
        file: orderedRequest,
        find: 'if (blockProblem(context, block) !== undefined) {',
        replace: `const [oldest] = context.pool.pending();
  const crossed = oldest !== undefined && references[0]?.id !== oldest.request.id;
  if (crossed) context.suspect(context.primary, 'badBlock', header.height);
  if (crossed || blockProblem(context, block) !== undefined) {`,
      },
    ],
  },
  {
    name: 'origin5',
    breaks: 'the timestamp alone is the key of a request',
    shows: 'stuck',
    changes: [
      {
        file: 'src/main/ledger/request.ts',
        find: 'return `${String(request.timestampMs)}:${request.id}`;',
        replace: 'return String(request.timestampMs);',
      },
    ],
  },
  {
    name: 'origin6',
    breaks: 'one event wakes everybody who waits, whatever for',
    shows: 'violation',
    changes: [
      {
        file: 'test/support/simulation/replica.ts',
        find: 'for (const requestId of effect.requestIds) this.#tellFinal(requestId, effect.height, effect.hash);',
        replace:
          'for (const requestId of this.#waiting.keys()) this.#tellFinal(requestId, effect.height, effect.hash);',
      },
    ],
  },
  {
    name: 'origin7',
    breaks: 'messages for the primary are addressed by the number of the view',
    shows: 'violation',
    changes: [
      {
        file: 'src/main/consensus/handle/patience.ts',
        find: "context.emit({ type: 'send', to: context.primary, message });",
        replace: "context.emit({ type: 'send', to: context.view, message });",
      },
    ],
  },
  {
    name: 'origin8',
    breaks: 'the tally loses the last statement',
    shows: 'stuck',
    changes: [
      {
        file: 'src/main/consensus/tally.ts',
        find: '.sort((left, right) => left.replica - right.replica);',
        replace: '.sort((left, right) => left.replica - right.replica).slice(0, -1);',
      },
    ],
  },
  {
    name: 'origin9',
    breaks: 'what was missed once is never asked for',
    shows: 'stuck',
    changes: [
      {
        file: 'src/main/consensus/handle/catchUp.ts',
        find: 'if (context.catchUp !== null) return;',
        replace: 'if (context.catchUp !== null || source >= 0) return;',
      },
    ],
  },
];
