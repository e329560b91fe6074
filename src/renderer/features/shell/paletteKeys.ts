/**
 * How the keys of the command palette are called on this machine.
 * @module
 */

const isApple = /Mac|iPhone|iPad/.test(globalThis.navigator.userAgent);

/** To be pressed together. */
export const PALETTE_KEYS: readonly string[] = isApple ? ['⌘', 'K'] : ['Ctrl', 'K'];
