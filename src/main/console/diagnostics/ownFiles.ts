/**
 * Which files of a data directory are the program's own. Whatever else lies there was named by a person: its name may say
 * whom or what it is about, and has no place in a report.
 * @module
 */
import { LEFT_OUT } from './redact.ts';

/** Folders, and files with what SQLite keeps beside a database, numbers of later keys, and what is being written. */
const OWN_NAME = new RegExp(
  '^(?:network|replicas|replica|keys|\\d{1,3}|lock|passphrase' +
    '|(?:client|ledger|search)\\.sqlite(?:-wal|-shm|-journal)?' +
    '|(?:genesis|settings|setup)\\.json|keys\\.vault|own\\.cscard|supervisor\\.pem' +
    '|replica(?:-\\d{1,3})?\\.pem|signed(?:-\\d{1,3})?\\.log)(?:\\.tmp)?$',
);

/** `path` within the data directory, with `/`, as a report may show it: without names that are not the program's. */
export function ownPath(path: string): string {
  return path
    .split('/')
    .map((name) => (OWN_NAME.test(name) ? name : LEFT_OUT))
    .join('/');
}
