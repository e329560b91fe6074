/**
 * Where the data lies unless somebody says otherwise. The window and the served console share it: they are two doors
 * of one house.
 * @module
 */
import { join } from 'node:path';

/**
 * The data directory that `COUNTERSIGN_DATA` names, or the platform's place for an application's data (XDG Base
 * Directory Specification 0.8, and its like elsewhere).
 */
export function defaultDataDirectory(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const set = (name: string): string | undefined =>
    environment[name] === '' ? undefined : environment[name];
  const named = set('COUNTERSIGN_DATA');
  if (named !== undefined) return named;
  const home = set('HOME') ?? set('USERPROFILE') ?? '.';
  if (platform === 'win32') return join(set('APPDATA') ?? home, 'Countersign');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Countersign');
  return join(set('XDG_DATA_HOME') ?? join(home, '.local', 'share'), 'countersign');
}
