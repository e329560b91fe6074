/**
 * Makes the archive for servers: the command line, the console for a browser, a Node.js to run them, and the unit file
 * of a service. `npm run dist:headless [-- --output FOLDER] [-- --skip-build]`. Linux only, for this processor: the
 * Node.js and the native code in it are those that `npm ci` brought.
 *
 * The same files give the same archive: names are sorted, times and owners fixed. Where the desktop packages look for
 * updates is none of them.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { sha256Of } from './build/sha256.mjs';
import { checkNode } from './check-node.mjs';

const root = join(import.meta.dirname, '..');

/** What stays outside of the bundles: native code, and what loads it. As in electron-builder.yml. */
const MODULES = [
  'require-addon',
  'bare-addon-resolve',
  'bare-module-resolve',
  'bare-semver',
  'which-runtime',
];
/** As in electron-builder.yml. */
const DOCUMENTS = ['OPERATING.md', 'CLI.md', 'LIMITS.md', 'THREATS.md'];

async function run(command, ...args) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
  const code = await new Promise((done, failed) => child.once('error', failed).once('close', done));
  if (code !== 0) throw new Error(`${basename(command)} ended with ${code}`);
}

/** Lays the archive's folder out. */
async function layOut(folder) {
  const app = join(folder, 'lib/app');
  const from = (...parts) => join(root, ...parts);
  const isCode = (path) => !path.endsWith('.map');
  await cp(from('out/main'), join(app, 'out/main'), { recursive: true, filter: isCode });
  await cp(from('out/renderer'), join(app, 'out/renderer'), { recursive: true, filter: isCode });
  // Not before the version of Node is known to do: it reads TypeScript.
  const { SOURCE_FILE } = await import('../src/main/console/updates/updateSource.ts');
  // The window's entry is of no use without Electron, and it alone looks for updates. Where it looks is what
  // `scripts/dist.mjs` has left there, if it ran before, and would make another archive.
  await rm(join(app, 'out/main/index.js'));
  await rm(join(app, 'out/main', SOURCE_FILE), { force: true });
  await cp(from('package.json'), join(app, 'package.json'));
  await cp(from('resources/demo'), join(app, 'resources/demo'), { recursive: true });
  const modules = (...parts) => join('node_modules', ...parts);
  for (const name of MODULES) await cp(from(modules(name)), join(app, modules(name)), { recursive: true });
  for (const name of ['package.json', 'LICENSE', 'index.js', 'binding.js']) {
    await cp(from(modules('sodium-native', name)), join(app, modules('sodium-native', name)));
  }
  const native = modules('sodium-native/prebuilds', `linux-${process.arch}`, 'sodium-native.node');
  await cp(from(native), join(app, native));
  const node = modules(`node-linux-${process.arch}`);
  await cp(from(node, 'bin/node'), join(folder, 'lib/node'));
  await cp(from(node, 'LICENSE'), join(folder, 'lib/node.LICENSE'));
  await cp(from('resources/headless/countersign'), join(folder, 'bin/countersign'));
  await cp(from('resources/headless/countersign.service'), join(folder, 'lib/systemd/countersign.service'));
  for (const name of DOCUMENTS) await cp(from('docs', name), join(folder, 'docs', name));
  await cp(from('LICENSE'), join(folder, 'LICENSE'));
  for (const program of ['bin/countersign', 'lib/node']) await chmod(join(folder, program), 0o755);
}

async function main() {
  await checkNode();
  if (process.platform !== 'linux') throw new Error('the archive for servers is made on Linux');
  const { values } = parseArgs({
    options: {
      output: { type: 'string', default: join(root, 'dist') },
      'skip-build': { type: 'boolean', default: false },
    },
  });
  const output = resolve(values.output);
  if (!values['skip-build']) {
    await run(
      process.execPath,
      join(root, 'node_modules/electron-vite/bin/electron-vite.js'),
      'build',
      '--logLevel',
      'warn',
    );
  }
  await stat(join(root, 'out/main/headless.js'));
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const name = `countersign-headless-${version}-linux-${process.arch}`;
  await mkdir(output, { recursive: true });
  const work = await mkdtemp(join(output, '.headless-'));
  try {
    await layOut(join(work, name));
    const archive = join(output, `${name}.tar.gz`);
    const fixed = [
      '--sort=name',
      '--mtime=@0',
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      '--mode=u+rwX,go+rX,go-w',
    ];
    await run(
      'tar',
      '-C',
      work,
      ...fixed,
      '--use-compress-program=gzip -n',
      '-cf',
      join(work, 'archive'),
      name,
    );
    await rename(join(work, 'archive'), archive);
    await writeFile(`${archive}.sha256`, `${await sha256Of(archive)}  ${basename(archive)}\n`);
    console.log(`made ${archive}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

await main();
