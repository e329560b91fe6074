/** Who can sign for a replica: the sign guard alone (SECURITY.md, 11), and one named door past it for the fault panel. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
/** What signs, or opens a key to sign with. */
const SIGNS = /\b(createSigner|loadSigner|signDigest|importKeyPem|signer\.ts|loadSigner\.ts)\b/;
const DOOR = 'src/main/replica/faults/contradictingSigner.ts';

async function sources(folder: string): Promise<readonly { path: string; text: string }[]> {
  const entries = await readdir(join(root, folder), { recursive: true });
  return await Promise.all(
    entries
      .filter((name) => name.endsWith('.ts'))
      .map(async (name) => {
        const path = `${folder}/${name.replaceAll('\\', '/')}`;
        return { path, text: await readFile(join(root, path), 'utf8') };
      }),
  );
}

it('no file of a replica signs or opens a key to sign with, but the door for faults', async () => {
  const found = (await sources('src/main/replica')).filter(({ text }) => SIGNS.test(text));
  expect(found.map(({ path }) => path)).toEqual([DOOR]);
});

it('only a replica in a process of its own, which the embedded network alone starts, has the door', async () => {
  const all = await sources('src');
  const named = all.filter(({ text }) => text.includes('LateSigner'));
  expect(named.map(({ path }) => path).sort()).toEqual(['src/main/replica/childReplica.ts', DOOR]);
});

it('the digest of a statement is signed in one place, and where the door leads', async () => {
  const all = await sources('src/main');
  const found = all.filter(({ text }) => text.includes('.sign(') && text.includes('statementDigest'));
  expect(found.map(({ path }) => path).sort()).toEqual([
    'src/main/keys/guard/signGuard.ts',
    'src/main/replica/faults/equivocate.ts',
  ]);
});
