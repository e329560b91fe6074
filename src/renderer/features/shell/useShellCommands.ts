/**
 * The commands that are there on every page.
 * @module
 */
import { useRouter } from 'vue-router';
import { THEMES } from '../../../shared/contract/desktop.ts';
import { LANGUAGES } from '../../../shared/text/quantities.ts';
import { call } from '../../bridge/current.ts';
import { useCommandStore, useCommands, type Command } from '../../stores/commands.ts';
import { usePreferences } from '../../stores/preferences.ts';
import { useSession } from '../../stores/session.ts';
import { useAction } from '../../ui/useAction.ts';
import { useWords } from '../../ui/useWords.ts';
import { useSaveGenesis } from '../verify/useSaveGenesis.ts';

/** Offers them. `showHelp`: opens the list of shortcuts. */
export function useShellCommands(showHelp: () => void): void {
  const router = useRouter();
  const session = useSession();
  const preferences = usePreferences();
  const store = useCommandStore();
  const { t } = useWords();
  const locking = useAction();
  const { save } = useSaveGenesis();

  async function importFiles(): Promise<void> {
    store.want('import');
    await router.push('/inbox');
  }

  useCommands(() => {
    const commands: Command[] = [
      { id: 'import', title: 'palette.do.import', run: importFiles },
      { id: 'genesis', title: 'palette.do.genesis', run: save },
    ];
    if (session.key?.unlocked === true) {
      const lock = async (): Promise<unknown> => await locking.run(() => call('key.lock', {}));
      commands.unshift({ id: 'lock', title: 'palette.do.lock', run: lock });
    }
    for (const language of LANGUAGES.filter((one) => one !== preferences.language)) {
      const named = { language: t(`settings.languages.${language}`) };
      const run = (): unknown => (preferences.language = language);
      commands.push({ id: `speak ${language}`, title: 'palette.do.speak', named, run });
    }
    for (const theme of THEMES.filter((one) => one !== preferences.theme)) {
      const run = (): unknown => (preferences.theme = theme);
      const named = { theme: t(`settings.themes.${theme}`) };
      commands.push({ id: `theme ${theme}`, title: 'palette.do.theme', named, run });
    }
    commands.push({ id: 'shortcuts', title: 'palette.do.shortcuts', keys: ['?'], run: showHelp });
    return commands;
  });
}
