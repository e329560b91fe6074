/**
 * The rules of the house that lint can enforce (docs/ARCHITECTURE.md, rules 1, 2 and 4), as ESLint rules and
 * the configuration that applies them.
 *
 * @module
 */
import { isBuiltin } from 'node:module';
import { dirname, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LAYERS, NODE_EXCEPTIONS, OUTSIDE_SRC, PURE_LAYERS, layerOf } from './layers.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** @returns {string} the file's path from the root, with forward slashes */
function pathOf(context) {
  return relative(root, context.filename).split(sep).join('/');
}

/** 'a/b' of 'a/b', '@s/p' of '@s/p/q', 'zod' of 'zod/v4' */
function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Calls back for everything in a file that names another module, types included. */
function onEveryImport(visit) {
  const declared = (node) => {
    if (node.source) visit(node.source, node.source.value);
  };
  const literal = (node) => {
    if (node?.type === 'Literal' && typeof node.value === 'string') visit(node, node.value);
  };
  return {
    ImportDeclaration: declared,
    ExportNamedDeclaration: declared,
    ExportAllDeclaration: declared,
    ImportExpression: (node) => literal(node.source),
    TSImportType: (node) => literal(node.source ?? node.argument?.literal ?? node.argument),
    'CallExpression[callee.name="require"]': (node) => literal(node.arguments[0]),
    // new URL('./store.worker.ts', import.meta.url)
    'NewExpression[callee.name="URL"][arguments.1.object.type="MetaProperty"]': (node) =>
      literal(node.arguments[0]),
  };
}

/** What is wrong with `path` importing `specifier`, or undefined. */
function importProblem(path, specifier) {
  const name = layerOf(path);
  if (name === undefined) return undefined;
  const layer = LAYERS[name];
  const bare = specifier.replace(/[?#].*$/, '');

  if (/^\.{1,2}(\/|$)/.test(bare)) {
    const target = posix.join(posix.dirname(path), bare);
    const targetLayer = layerOf(target);
    if (targetLayer === name) return undefined;
    if (targetLayer !== undefined) {
      if (layer.layers.includes(targetLayer)) return undefined;
      const allowed = layer.layers.length > 0 ? layer.layers.join(', ') : 'no other layer';
      return { messageId: 'layer', data: { name, target: targetLayer, allowed } };
    }
    const outside = OUTSIDE_SRC.some((p) => target === p || (p.endsWith('/') && target.startsWith(p)));
    if (outside && layer.node === 'any') return undefined;
    return { messageId: 'outside', data: { name, target } };
  }

  if (packageOf(bare) === 'electron') {
    return layer.electron ? undefined : { messageId: 'electron', data: { name } };
  }
  if (isBuiltin(bare)) {
    if (!bare.startsWith('node:')) return { messageId: 'prefix', data: { specifier: bare } };
    const allowed = layer.node === 'any' || [...layer.node, ...(NODE_EXCEPTIONS[path] ?? [])].includes(bare);
    return allowed ? undefined : { messageId: 'node', data: { name, specifier: bare } };
  }
  if (layer.packages === 'any' || layer.packages.includes(packageOf(bare))) return undefined;
  const allowed = layer.packages.length > 0 ? layer.packages.join(', ') : 'none';
  return { messageId: 'package', data: { name, specifier: bare, allowed } };
}

/** @type {import('eslint').Rule.RuleModule} */
const layers = {
  meta: {
    type: 'problem',
    docs: { description: 'imports go down the layers (scripts/eslint/layers.js)' },
    schema: [],
    messages: {
      unknown: '{{path}} is in no known layer: add it to scripts/eslint/layers.js or move the file.',
      layer: '{{name}} may not import {{target}} (it may import {{allowed}}). Imports go down the layers.',
      outside: '{{name}} may not import {{target}}, which is in no layer.',
      electron: '{{name}} may not import electron: only src/main/desktop and src/preload may.',
      prefix: "Write 'node:{{specifier}}'.",
      node: '{{name}} may not import {{specifier}}: it does not touch the machine.',
      package: '{{name}} may not import the package {{specifier}} (allowed: {{allowed}}).',
    },
  },
  create(context) {
    const path = pathOf(context);
    if (path.startsWith('src/') && layerOf(path) === undefined) {
      return {
        Program: (node) => {
          context.report({ node, messageId: 'unknown', data: { path } });
        },
      };
    }
    return onEveryImport((node, specifier) => {
      const problem = importProblem(path, specifier);
      if (problem !== undefined) context.report({ node, ...problem });
    });
  },
};

/** Whether a file runs in a worker thread by its name or folder: only there may it block on files. */
function runsInWorker(path) {
  return path.endsWith('.worker.ts') || path.split('/').slice(0, -1).includes('worker');
}

/** @type {import('eslint').Rule.RuleModule} */
const noSyncFs = {
  meta: {
    type: 'problem',
    docs: { description: 'no synchronous file access outside workers' },
    schema: [],
    messages: {
      sync: '{{name}} blocks the event loop. Use node:fs/promises, or do it in a *.worker.ts file.',
    },
  },
  create(context) {
    if (runsInWorker(pathOf(context))) return {};
    const namespaces = new Set();
    const report = (node, name) => {
      if (name.endsWith('Sync')) context.report({ node, messageId: 'sync', data: { name } });
    };
    return {
      'ImportDeclaration, ExportNamedDeclaration'(declaration) {
        if (!/^(node:)?fs$/.test(declaration.source?.value ?? '')) return;
        for (const specifier of declaration.specifiers) {
          if (specifier.type === 'ImportDefaultSpecifier' || specifier.type === 'ImportNamespaceSpecifier') {
            namespaces.add(specifier.local.name);
          } else {
            const named = specifier.imported ?? specifier.local;
            report(specifier, named.name ?? String(named.value));
            if (named.name === 'default') namespaces.add(specifier.local.name);
          }
        }
      },
      MemberExpression(node) {
        if (node.object.type !== 'Identifier' || !namespaces.has(node.object.name)) return;
        const { property } = node;
        report(node, property.type === 'Identifier' ? property.name : String(property.value ?? ''));
      },
      'VariableDeclarator[id.type="ObjectPattern"][init.type="Identifier"]'(node) {
        if (!namespaces.has(node.init.name)) return;
        for (const property of node.id.properties)
          if (property.key?.name) report(property, property.key.name);
      },
    };
  },
};

/** @type {import('eslint').ESLint.Plugin} */
export const housePlugin = {
  meta: { name: 'house' },
  rules: { layers, 'no-sync-fs': noSyncFs },
};

/** Names that reach clock, timers, chance, the machine, or the way around this list. */
const IMPURE_GLOBALS = [
  'Date',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'queueMicrotask',
  'process',
  'console',
  'Buffer',
  'performance',
  'crypto',
  'fetch',
  'WebSocket',
  'Worker',
  'navigator',
  'localStorage',
  'sessionStorage',
  'window',
  'document',
  'require',
  'global',
  'globalThis',
  'self',
];

const pureRules = {
  'no-restricted-globals': [
    'error',
    ...IMPURE_GLOBALS.map((name) => ({
      name,
      message: 'This layer is pure: time, chance and the machine arrive as inputs.',
    })),
  ],
  'no-restricted-properties': [
    'error',
    {
      object: 'Math',
      property: 'random',
      message: 'This layer is pure: chance arrives as an input.',
    },
  ],
};

/** What differs between machines by language or time zone would split the replicas. */
const deterministicRules = {
  'no-restricted-globals': [
    ...pureRules['no-restricted-globals'],
    { name: 'Intl', message: 'Its answers differ between machines.' },
  ],
  'no-restricted-syntax': [
    'error',
    {
      selector: 'MemberExpression[property.name=/^(localeCompare|toLocale[A-Z].*)$/]',
      message: 'Its answer differs between machines: compare bytes or code units.',
    },
  ],
};

const globOf = (layer) => `${layer}/**/*.{ts,vue}`;

/**
 * The flat configuration of the house rules; needs a TypeScript (and Vue) parser set beside it.
 *
 * @type {import('eslint').Linter.Config[]}
 */
export const houseConfigs = [
  {
    name: 'house/layers',
    files: ['src/**/*.{ts,vue}'],
    plugins: { house: housePlugin },
    rules: { 'house/layers': 'error', 'house/no-sync-fs': 'error' },
  },
  {
    name: 'house/pure',
    files: PURE_LAYERS.map(globOf),
    rules: pureRules,
  },
  {
    name: 'house/deterministic',
    files: PURE_LAYERS.filter((layer) => layer !== 'src/shared').map(globOf),
    rules: deterministicRules,
  },
];
