/**
 * The signed description of a release (`countersign-update.json`), which says what its packages are.
 *
 *     make   --dist FOLDER --version X.Y.Z --url https://… --notes-en FILE --notes-zh FILE [--days N] --output FILE
 *     sign   FILE --key KEY --passphrase-file FILE
 *     verify FILE --trust PUBLICKEY [--trust …] [--threshold M] [--package FILE]
 *            [--running X.Y.Z [--system linux|win32|darwin] [--processor x64|arm64]]
 *
 * `sign` adds one signature and may be run again with other keys. `verify` ends with 1 and the reason if it refuses. With
 * `--running` it asks all that a program of that version would: also the times, no downgrade, and a package for the
 * machine (this one unless said otherwise).
 *
 * @module
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkManifest, signersOf } from '../src/main/console/updates/checkManifest.ts';
import {
  manifestDigest,
  manifestText,
  parseManifest,
  PRODUCT,
} from '../src/main/console/updates/manifest.ts';
import { loadSigner } from '../src/main/keys/loadSigner.ts';
import { readPassphraseFile } from '../src/main/replica/childReplica.ts';
import { writeFileAtomic } from '../src/main/storage/index.ts';
import { sha256Of } from './build/sha256.mjs';

/** A manifest is for everybody to read. */
const PUBLIC_MODE = 0o644;
const DAY_MS = 86_400_000;
const KINDS = [
  ['.AppImage', 'linux', 'AppImage'],
  ['.deb', 'linux', 'deb'],
  ['.rpm', 'linux', 'rpm'],
  ['.exe', 'win32', 'nsis'],
  ['.dmg', 'darwin', 'dmg'],
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dist: { type: 'string' },
    version: { type: 'string' },
    url: { type: 'string' },
    'notes-en': { type: 'string' },
    'notes-zh': { type: 'string' },
    days: { type: 'string', default: '180' },
    output: { type: 'string' },
    key: { type: 'string' },
    'passphrase-file': { type: 'string' },
    trust: { type: 'string', multiple: true, default: [] },
    threshold: { type: 'string', default: '1' },
    package: { type: 'string' },
    running: { type: 'string' },
    system: { type: 'string', default: process.platform },
    processor: { type: 'string', default: process.arch },
  },
});

function needed(name) {
  if (values[name] === undefined) throw new Error(`--${name} is needed`);
  return values[name];
}

/** A whole number from 1 on. */
function count(name) {
  if (!/^[1-9]\d{0,3}$/.test(values[name]))
    throw new Error(`--${name} must be a whole number from 1 to 9999`);
  return Number(values[name]);
}

async function factsOf(path) {
  return { size_bytes: (await stat(path)).size, sha256: await sha256Of(path) };
}

async function packagesIn(folder, url) {
  const packages = [];
  for (const name of (await readdir(folder)).sort()) {
    const [, system, kind] = KINDS.find(([ending]) => name.endsWith(ending)) ?? [];
    if (system === undefined) continue;
    const processor = /arm64|aarch64/.test(name) ? 'arm64' : 'x64';
    const facts = await factsOf(join(folder, name));
    packages.push({
      system,
      processor,
      kind,
      name,
      ...facts,
      url: `${url.replace(/\/$/, '')}/${encodeURIComponent(name)}`,
    });
  }
  return packages;
}

async function make() {
  const output = needed('output');
  const releasedMs = Date.now();
  const manifest = {
    format: 1,
    product: PRODUCT,
    version: needed('version'),
    released_ms: releasedMs,
    expires_ms: releasedMs + count('days') * DAY_MS,
    notes: {
      en: await readFile(needed('notes-en'), 'utf8'),
      'zh-CN': await readFile(needed('notes-zh'), 'utf8'),
    },
    packages: await packagesIn(needed('dist'), needed('url')),
    signatures: [],
  };
  const text = manifestText(manifest);
  parseManifest(Buffer.from(text));
  await writeFileAtomic(output, text, PUBLIC_MODE);
  console.log(`${output}: ${manifest.packages.length} packages, not signed yet`);
}

async function sign(path) {
  const manifest = parseManifest(await readFile(path));
  const signer = await loadSigner(needed('key'), await readPassphraseFile(needed('passphrase-file')));
  const { publicKey } = signer;
  const signature = signer.sign(manifestDigest(manifest));
  signer.dispose();
  const others = manifest.signatures.filter(({ public_key: key }) => key !== publicKey);
  const signatures = [...others, { public_key: publicKey, signature }];
  await writeFileAtomic(path, manifestText({ ...manifest, signatures }), PUBLIC_MODE);
  console.log(`${path}: signed by ${publicKey}`);
}

async function verify(path) {
  const bytes = await readFile(path);
  const manifest = parseManifest(bytes);
  const trust = { keys: values.trust, threshold: count('threshold') };
  const { running, system, processor } = values;
  const signers =
    running === undefined
      ? signersOf(manifest, trust)
      : checkManifest(bytes, { trust, running, newestSeen: null, nowMs: Date.now(), system, processor })
          .signers;
  if (values.package !== undefined) {
    const name = basename(values.package);
    const stated = manifest.packages.find((candidate) => candidate.name === name);
    if (stated === undefined) throw new Error(`${name} is not a package of this release`);
    const facts = await factsOf(values.package);
    if (facts.sha256 !== stated.sha256 || facts.size_bytes !== stated.size_bytes) {
      throw new Error(`${name} is not the package that was signed: its SHA-256 is ${facts.sha256}`);
    }
  }
  console.log(`${manifest.product} ${manifest.version}: signed by ${signers.join(', ')}`);
}

const [command, file] = positionals;
try {
  if (command === 'make' && file === undefined) await make();
  else if (command === 'sign' && file !== undefined) await sign(file);
  else if (command === 'verify' && file !== undefined) await verify(file);
  else throw new Error('say make, sign FILE or verify FILE: see the top of this script');
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
