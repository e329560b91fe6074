/**
 * What a transport needs of the console, whichever way the page is reached.
 * @module
 */
import type { Answer } from '../../../shared/contract/bridge.ts';
import type { Delta } from '../../../shared/contract/model.ts';

export interface CallTarget {
  /** Answers a call, whatever it is. Never rejects: errors are data. */
  answer(channel: string, input: unknown): Promise<Answer>;
  /** Tells of every delta until the returned function is called. */
  onDelta(listener: (delta: Delta) => void): () => void;
}
