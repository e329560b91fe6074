import { describe, expect, it } from 'vitest';
import { ownPath } from '../../../../src/main/console/diagnostics/ownFiles.ts';
import { LEFT_OUT } from '../../../../src/main/console/diagnostics/redact.ts';
import { SETTINGS_FILE } from '../../../../src/main/console/settings.ts';
import { SETUP_FILE } from '../../../../src/main/console/setup/setupState.ts';
import { GUARD_FILE } from '../../../../src/main/keys/guard/openSignGuard.ts';
import {
  genesisPath,
  networkDirectory,
  PASSPHRASE_FILE,
  replicaDirectory,
  SUPERVISOR_KEY_FILE,
  VAULT_FILE,
} from '../../../../src/main/replica/embeddedLayout.ts';
import { memberPaths } from '../../../../src/main/replica/memberLayout.ts';
import { REPLICA_KEY_FILE } from '../../../../src/main/replica/ownKeys.ts';
import { LOCK_FILE } from '../../../../src/main/storage/dataDirectory.ts';
import { CLIENT_FILE } from '../../../../src/main/storage/openClientStore.ts';
import { LEDGER_FILE } from '../../../../src/main/storage/openLedgerStore.ts';
import { SEARCH_FILE } from '../../../../src/main/storage/openSearchIndex.ts';

const replica = replicaDirectory(networkDirectory('.'), 12);

describe('a path in a report', () => {
  it.each([
    VAULT_FILE,
    CLIENT_FILE,
    SEARCH_FILE,
    SETTINGS_FILE,
    SETUP_FILE,
    LOCK_FILE,
    genesisPath('.'),
    `network/${PASSPHRASE_FILE}`,
    `network/${SUPERVISOR_KEY_FILE}`,
    `${replica}/${LEDGER_FILE}-wal`,
    `${replica}/${GUARD_FILE}`,
    `${replica}/${REPLICA_KEY_FILE}`,
    ...Object.values(memberPaths).map((pathOf) => pathOf('.')),
    'replica/replica-2.pem',
    'replica/signed-2.log',
  ])('is whole where it is the program’s own: %s', (path) => {
    expect(ownPath(path)).toBe(path);
  });

  it.each([
    ['Ada Lovelace.csv', LEFT_OUT],
    ['network/for the court/genesis.json', `network/${LEFT_OUT}/genesis.json`],
    ['ledger.sqlite.Ada', LEFT_OUT],
    ['my ledger.sqlite', LEFT_OUT],
    ['replica/1234', `replica/${LEFT_OUT}`],
  ])('has no name that somebody gave: %s', (path, expected) => {
    expect(ownPath(path)).toBe(expected);
  });
});
