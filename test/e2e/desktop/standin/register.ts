/**
 * Makes `electron` the stand-in, for the program that is loaded next.
 * @module
 */
import { registerHooks } from 'node:module';
import './setClock.ts';

const standIn = new URL('./electron.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier === 'electron' ? { url: standIn, shortCircuit: true } : nextResolve(specifier, context),
});
