/**
 * `countersign registry show`: who counts and what waits, of a ledger that is not in use, or of a console that runs.
 * @module
 */
import type { RegistryView } from '../../../shared/contract/registry.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { callConsole } from '../consoleCall.ts';
import { registryIn } from '../localRegistry.ts';
import type { Output } from '../output.ts';
import { registryLines } from '../registryWords.ts';

export interface RegistryShowOptions {
  /** Data directory of a network that is not running. */
  readonly data?: string;
  /** Address of a console that runs, with its token. */
  readonly console?: string;
}

export async function showRegistry(options: RegistryShowOptions, output: Output): Promise<void> {
  const view = await registryOf(options);
  output.result(registryLines(view).join('\n'), { ...view });
}

async function registryOf({ data, console: address }: RegistryShowOptions): Promise<RegistryView> {
  if (address !== undefined) return await callConsole(address, 'registry.get', {});
  if (data !== undefined) return await registryIn(data);
  throw new CountersignError('cli.usage', {
    problem: 'say which registry: --data DIRECTORY, or --console URL of a network that runs',
  });
}
