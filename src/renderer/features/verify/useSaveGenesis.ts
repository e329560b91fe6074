/**
 * Saves the genesis file: what anyone needs, beside a receipt, to verify it.
 * @module
 */
import type { Ref } from 'vue';
import { call } from '../../bridge/current.ts';
import { useToasts } from '../../stores/toasts.ts';
import { saveFile } from '../../ui/saveFile.ts';
import { useAction } from '../../ui/useAction.ts';

export function useSaveGenesis(): { readonly busy: Ref<boolean>; readonly save: () => Promise<void> } {
  const toasts = useToasts();
  const { busy, run } = useAction();
  async function save(): Promise<void> {
    const genesis = await run(() => call('genesis.export', {}));
    if (genesis === undefined) return;
    saveFile(genesis.fileName, genesis.text);
    toasts.say('genesis.saved', { name: genesis.fileName });
  }
  return { busy, save };
}
