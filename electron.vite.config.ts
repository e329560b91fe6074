/**
 * How `out/` is made.
 *
 * Everything is bundled, so that `out/` runs without node_modules; only native code and what the platform
 * provides stays outside.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { basename, join, resolve } from 'node:path';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'electron-vite';
import type { Plugin } from 'vite';
import { RENDERER_CHUNKS } from './scripts/rendererChunks.mjs';
import { licences } from './scripts/build/licences.ts';

const root = import.meta.dirname;

/** Name of the file in out/main (without .js) and the module it starts from. */
const MAIN_ENTRIES = {
  index: 'src/main/desktop/index.ts',
  headless: 'src/main/headless/index.ts',
  'store.worker': 'src/main/storage/store.worker.ts',
  'verify.worker': 'src/main/keys/verify.worker.ts',
  'aside.worker': 'src/main/console/aside/aside.worker.ts',
};
const PRELOAD_ENTRIES = {
  console: 'src/preload/console.ts',
  ...optional('confirm', 'src/preload/confirm.ts'),
};
const RENDERER_ENTRIES = {
  index: 'src/renderer/index.html',
  ...optional('confirm', 'src/renderer/confirm.html'),
};

function optional(name: string, path: string): Record<string, string> {
  return existsSync(join(root, path)) ? { [name]: path } : {};
}

/**
 * A missing entry fails the build. While parts are still being written, COUNTERSIGN_PARTIAL_BUILD=1 builds
 * those that are there.
 */
function entries(table: Record<string, string>): Record<string, string> {
  const partial = process.env['COUNTERSIGN_PARTIAL_BUILD'] === '1';
  return Object.fromEntries(
    Object.entries(table)
      .filter(([, path]) => !partial || existsSync(join(root, path)))
      .map(([name, path]) => [name, resolve(root, path)]),
  );
}

const ELECTRON = [/^electron(\/.+)?$/];
/**
 * Native code and the platform. The optional native helpers of `ws` are named too: it runs without them (a
 * caught require).
 */
const EXTERNAL = [...ELECTRON, /^node:/, ...builtinModules, 'sodium-native', 'bufferutil', 'utf-8-validate'];

/**
 * Lets one line start a worker from source and from the build:
 * `new URL('./store.worker.ts', import.meta.url)` becomes `./store.worker.js`, beside every chunk in out/main.
 */
function workerUrls(): Plugin {
  const pattern = /new URL\(\s*(['"])([^'"]+\.worker)\.ts\1,\s*import\.meta\.url\s*,?\s*\)/g;
  return {
    name: 'countersign:worker-urls',
    enforce: 'pre',
    transform: {
      filter: { id: /\/src\/main\/.*\.ts$/, code: /\.worker\.ts/ },
      handler(code) {
        const replaced = code.replace(pattern, (_whole, _quote, path: string) => {
          const name = basename(path);
          if (!(name in MAIN_ENTRIES))
            this.error(`${name} is not among the entries of electron.vite.config.ts`);
          return `new URL('./${name}.js', import.meta.url)`;
        });
        return replaced === code ? null : { code: replaced, map: null };
      },
    },
  };
}

/** The command line can be run as a file. */
function executable(fileName: string): Plugin {
  return {
    name: 'countersign:executable',
    async writeBundle(options, bundle) {
      if (fileName in bundle && options.dir !== undefined) await chmod(join(options.dir, fileName), 0o755);
    },
  };
}

/**
 * The page is served at many addresses (/inbox/…), so its assets are named from the root. electron-vite sets `./`
 * for `file:`, which is not used here.
 */
function absoluteBase(): Plugin {
  return { name: 'countersign:absolute-base', config: () => ({ base: '/' }) };
}

export default defineConfig({
  main: {
    plugins: [workerUrls(), executable('headless.js'), licences()],
    build: {
      outDir: 'out/main',
      externalizeDeps: false,
      sourcemap: true,
      minify: false,
      target: 'node24',
      rolldownOptions: {
        input: entries(MAIN_ENTRIES),
        external: EXTERNAL,
        output: {
          format: 'es',
          entryFileNames: '[name].js',
          // Beside the entries, so that `import.meta.url` has the same folder in every file.
          chunkFileNames: 'chunk-[name]-[hash].js',
          banner: (chunk) => (chunk.isEntry && chunk.name === 'headless' ? '#!/usr/bin/env node' : ''),
        },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      externalizeDeps: false,
      isolatedEntries: true,
      sourcemap: false,
      minify: false,
      target: 'node24',
      rolldownOptions: {
        input: entries(PRELOAD_ENTRIES),
        external: ELECTRON,
        // A sandboxed preload must be CommonJS.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src/renderer',
    publicDir: false,
    plugins: [vue(), absoluteBase(), licences()],
    define: { __VUE_PROD_DEVTOOLS__: 'false', __VUE_I18N_LEGACY_API__: 'false' },
    build: {
      outDir: resolve(root, 'out/renderer'),
      emptyOutDir: true,
      // No data: URLs and no inline script: the page runs under `default-src 'none'; script-src 'self'`.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      minify: 'oxc',
      sourcemap: false,
      target: 'es2023',
      rolldownOptions: {
        input: entries(RENDERER_ENTRIES),
        output: { codeSplitting: RENDERER_CHUNKS },
      },
    },
  },
});
