/**
 * What the system says that a person wants opened: links and paths, as typed wishes. Nothing is read here.
 * @module
 */
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OPENING_NAME_CHARS_MAX } from '../../../shared/contract/opening.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { isLink, pageOfLink } from './link.ts';

/** Kinds of files that the program opens; electron-builder.yml tells the system of them. */
export type OpenableKind = 'draft' | 'receipt' | 'request';

/** One thing to open. `name`: how it is called where it is shown. */
export type Wish =
  | { readonly kind: 'page'; readonly name: string; readonly path: string }
  | { readonly kind: 'file'; readonly name: string; readonly as: OpenableKind; readonly path: string }
  | { readonly kind: 'refused'; readonly name: string; readonly error: CountersignError };

const KINDS: Readonly<Record<string, OpenableKind>> = {
  csreceipt: 'receipt',
  csreq: 'request',
  csdraft: 'draft',
};

/** What a link asks for. */
export function wishOfLink(link: string): Wish {
  const name = shown(link);
  return orRefused(name, () => ({ kind: 'page', name, path: pageOfLink(link) }));
}

/** What the path of a file asks for. A path that is not absolute counts from `workingDirectory`. */
export function wishOfPath(path: string, workingDirectory: string): Wish {
  const name = shown(basename(path));
  return orRefused(name, () => {
    const as = kindOf(path);
    if (as === null) throw new CountersignError('opening.unknownKind', { name });
    return { kind: 'file', name, as, path: resolve(workingDirectory, path) };
  });
}

/**
 * What the arguments of a start ask for, in order, without the program's own name. Switches are Chromium's and ours: no
 * link and no file begins with a hyphen. Linux desktops hand files over as `file:` addresses.
 */
export function wishesOfArguments(argv: readonly string[], workingDirectory: string): Wish[] {
  return argv
    .filter((argument) => argument !== '' && !argument.startsWith('-'))
    .map((argument) => {
      if (isLink(argument)) return wishOfLink(argument);
      return /^file:/i.test(argument) ? wishOfFileAddress(argument) : wishOfPath(argument, workingDirectory);
    });
}

/** A file of this machine alone: an address with a host would make Windows call that host. */
function wishOfFileAddress(address: string): Wish {
  const name = shown(address);
  return orRefused(name, () => {
    let path: string;
    try {
      const url = new URL(address);
      if (url.host !== '') throw new Error('the address names another machine');
      path = fileURLToPath(url);
    } catch (error) {
      throw new CountersignError('opening.unknownKind', { name }, { cause: error });
    }
    return wishOfPath(path, '/');
  });
}

function kindOf(path: string): OpenableKind | null {
  // No file system knows such a name.
  if (path.includes('\0')) return null;
  const [, ending = ''] = /\.([a-z]+)$/i.exec(path) ?? [];
  return KINDS[ending.toLowerCase()] ?? null;
}

function orRefused(name: string, read: () => Wish): Wish {
  try {
    return read();
  } catch (error) {
    if (!isOwn(error)) throw error;
    return { kind: 'refused', name, error };
  }
}

function shown(text: string): string {
  return text.slice(0, OPENING_NAME_CHARS_MAX);
}

function isOwn(error: unknown): error is CountersignError {
  return error instanceof CountersignError;
}
