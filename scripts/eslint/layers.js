/**
 * The layers of src/ and what each may import: the one table behind rules 1 and 2 of the house.
 *
 * @module
 */

const PURE_PACKAGES = ['cborg'];

/** From the bottom up. Layers of one row are siblings and may not import each other. */
const ROWS = [
  ['src/shared'],
  ['src/main/ledger'],
  ['src/main/consensus'],
  ['src/main/storage', 'src/main/network', 'src/main/keys'],
  ['src/main/replica', 'src/main/client'],
  ['src/main/console'],
  ['src/main/desktop', 'src/main/headless'],
];

/** What a layer gets unless RULES says otherwise. */
const TOUCHES_THE_WORLD = { packages: 'any', node: 'any', electron: false };

/** @type {Record<string, Partial<Layer>>} */
const RULES = {
  'src/shared': { packages: ['zod', ...PURE_PACKAGES], node: [] },
  // zod reads its files: a genesis, a receipt.
  'src/main/ledger': { packages: ['zod', ...PURE_PACKAGES], node: [] },
  'src/main/consensus': { packages: PURE_PACKAGES, node: [] },
  'src/main/desktop': { electron: true },
  // The two doors see the contract alone.
  'src/preload': { layers: ['src/shared'], packages: [], node: [], electron: true },
  'src/renderer': { layers: ['src/shared'], node: [] },
};

/**
 * @typedef {object} Layer
 * @property {string[]} layers the layers it may import besides itself
 * @property {'any' | string[]} packages npm packages it may import ('any' means any but electron)
 * @property {'any' | string[]} node node: modules it may import
 * @property {boolean} electron whether it may import electron
 */

/** @type {Record<string, Layer>} */
export const LAYERS = Object.fromEntries(
  [...ROWS.flat(), 'src/preload', 'src/renderer'].map((name) => {
    const row = ROWS.findIndex((names) => names.includes(name));
    return [name, { ...TOUCHES_THE_WORLD, layers: ROWS.slice(0, Math.max(row, 0)).flat(), ...RULES[name] }];
  }),
);

/** Exceptions by file, each with its reason. */
export const NODE_EXCEPTIONS = {
  // Hashing must be fast and is the same everywhere: SHA-2 of node:crypto, through this one file.
  'src/main/ledger/hash.ts': ['node:crypto'],
};

/** Layers without clock, timer, chance or any other touch of the world. */
export const PURE_LAYERS = ['src/shared', 'src/main/ledger', 'src/main/consensus'];

/** Files outside src/ that the layers which touch the world may read while being built. */
export const OUTSIDE_SRC = ['package.json', 'resources/'];

/**
 * @param {string} path relative to the root, with forward slashes
 * @returns {string | undefined} the layer this path is in
 */
export function layerOf(path) {
  return Object.keys(LAYERS).find((layer) => path === layer || path.startsWith(`${layer}/`));
}
