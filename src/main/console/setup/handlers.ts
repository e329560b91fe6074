/**
 * The channels of the wizard.
 * @module
 */
import type { Channel } from '../../../shared/contract/channels.ts';
import type { Handlers } from '../dispatch.ts';
import type { SetupWizard } from './wizard.ts';

/** Channels that the wizard answers. */
type WizardChannel = Exclude<
  Extract<Channel, `setup.${string}`>,
  'setup.try' | 'setup.join' | 'setup.unlock'
>;
type WithWizard = <T>(work: (wizard: SetupWizard) => T | Promise<T>) => Promise<T>;

/** Who answers each of them. */
export function setupHandlers(withWizard: WithWizard): Pick<Handlers, WizardChannel> {
  const step = async (work: (wizard: SetupWizard) => Promise<void>): Promise<Record<string, never>> => {
    await withWizard(work);
    return {};
  };
  return {
    'setup.choose': async ({ path }) => await step(async (wizard) => await wizard.choose(path)),
    'setup.makeCard': async (input) => await step(async (wizard) => await wizard.makeOwnCards(input)),
    'setup.card': async () => await withWizard((wizard) => wizard.ownCardFile()),
    'setup.addCards': async ({ text }) => await step(async (wizard) => await wizard.addCards(text)),
    'setup.removeCard': async ({ publicKey }) =>
      await step(async (wizard) => await wizard.removeCard(publicKey)),
    'setup.makeGenesis': async ({ networkName, ...policy }) =>
      await step(async (wizard) => await wizard.makeGenesis(networkName, policy)),
    'setup.importGenesis': async ({ text }) => await step(async (wizard) => await wizard.importGenesis(text)),
    'setup.dropGenesis': async () => await step(async (wizard) => await wizard.dropGenesis()),
    'setup.genesis': async () => await withWizard((wizard) => wizard.genesisFile()),
    'setup.invitation': async () => ({ text: await withWizard((wizard) => wizard.invitation()) }),
  };
}
