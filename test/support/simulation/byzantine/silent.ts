/**
 * Saying nothing: to everybody, to some, or only what somebody else needs.
 * @module
 */
import type { Behaviour } from './node.ts';

/** Hears everything and says nothing. */
export function silent(): Behaviour {
  return { outgoing: () => [], request: () => true };
}

/** Talks with one half of the others alone. */
export function partial(): Behaviour {
  return { outgoing: (self, to) => ((to + self.index) % 2 === 0 ? [] : undefined) };
}

/** Orders blocks, and keeps the bodies, the orders and the blocks that others ask for to itself. */
export function withholding(): Behaviour {
  return {
    outgoing: (_self, _to, message) => {
      if (message.type === 'orderedRequest') return [{ ...message, bodies: [] }];
      return message.type === 'requests' || message.type === 'block' || message.type === 'orders'
        ? []
        : undefined;
    },
  };
}

/** Ignores every other client's request, and orders what it orders to some only. */
export function selective(): Behaviour {
  return {
    request: (_self, _client, { id }) => Number.parseInt(id.slice(0, 2), 16) % 2 === 0,
    incoming: (_self, _from, { type }) => type === 'request',
    outgoing: (self, to, { type }) =>
      type === 'orderedRequest' && to === (self.index + 1) % self.replicas ? [] : undefined,
  };
}
