/**
 * How the page is cut into files, for the build and for the builds of tests.
 * @module
 */

/**
 * Zod stands in one file with what turns its compiling off, so that this is done before any schema is made, whichever file
 * the schema is in: the policies of the page forbid the compiling, and report even the try.
 */
export const RENDERER_CHUNKS = {
  groups: [{ name: 'zod', test: /node_modules[\\/]zod[\\/]|[\\/]zodWithoutEval\.ts$/ }],
};
