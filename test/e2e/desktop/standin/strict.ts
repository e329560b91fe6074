/**
 * What makes the stand-in strict: whatever Electron has and the stand-in has not ends in an error that names it,
 * instead of an `undefined` that goes unnoticed.
 * @module
 */
import { EventEmitter } from 'node:events';

/** `target`, of which nothing can be read that is not there, and nothing be written that has no setter. */
export function strict<T extends object>(name: string, target: T): T {
  return new Proxy(target, {
    get(object, property): unknown {
      if (typeof property === 'symbol' || property in object) return Reflect.get(object, property);
      // Asked of every value that is awaited.
      if (property === 'then') return undefined;
      throw new Error(`the stand-in has no ${name}.${property}`);
    },
    set(object, property, value): boolean {
      if (Reflect.getOwnPropertyDescriptor(object, property)?.set !== undefined) {
        return Reflect.set(object, property, value);
      }
      throw new Error(`nothing may be written to ${name}.${String(property)}`);
    },
  });
}

/** A listener of any of Electron's events. */
export type Listener = (...args: never[]) => void;

/** The events of one object. `on` returns nothing, so nothing can be called on its answer. */
export class Events {
  readonly #emitter = new EventEmitter();
  readonly on = (event: string, listener: Listener): never => {
    this.#emitter.on(event, listener as (...args: unknown[]) => void);
    return undefined as never;
  };
  readonly once = (event: string, listener: Listener): never => {
    this.#emitter.once(event, listener as (...args: unknown[]) => void);
    return undefined as never;
  };

  readonly removeAllListeners = (event?: string): never => {
    this.#emitter.removeAllListeners(event);
    return undefined as never;
  };

  /** Tells the listeners; `false` where there are none. */
  emit(event: string, ...args: readonly unknown[]): boolean {
    return this.#emitter.emit(event, ...args);
  }

  /** Tells the listeners of an event that they can refuse; `null` where there are none. */
  emitRefusable(event: string, ...args: readonly unknown[]): { readonly refused: boolean } | null {
    let refused = false;
    const details = {
      preventDefault: () => {
        refused = true;
      },
    };
    return this.emit(event, details, ...args) ? { refused } : null;
  }
}
