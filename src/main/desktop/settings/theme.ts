/**
 * How all windows look: the console's, the one for confirmations, and what the system draws for the program.
 * @module
 */
import { nativeTheme } from 'electron';
import type { DesktopSettings } from './desktopSettings.ts';

/**
 * Lets every page, and every frame and menu, follow what is set, from now on: pages see it as if the system had said so.
 */
export function followTheme(settings: Pick<DesktopSettings, 'onChange' | 'wishes'>): void {
  const follow = ({ theme }: DesktopSettings['wishes']): void => {
    nativeTheme.themeSource = theme === 'auto' ? 'system' : theme;
  };
  follow(settings.wishes);
  settings.onChange(follow);
}
