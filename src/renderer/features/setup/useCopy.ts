/**
 * Copying with a word about whether it worked.
 * @module
 */
import { useToasts } from '../../stores/toasts.ts';
import { copyText } from '../../ui/copyText.ts';

/** Puts a text on the clipboard, and says so. */
export function useCopy(): (text: string) => Promise<void> {
  const toasts = useToasts();
  return async (text) => {
    toasts.say((await copyText(text)) ? 'wizard.copied' : 'wizard.copyFailed');
  };
}
