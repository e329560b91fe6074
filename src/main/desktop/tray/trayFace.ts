/**
 * What the tray shows of the console: a sign, a sentence, and what can be done at once. Pure.
 * @module
 */
import type { MenuItemConstructorOptions } from 'electron';
import type { Language } from '../../../shared/text/quantities.ts';
import type { Glance } from '../../console/glance.ts';
import { WORDS, fill, fillCount, type Words } from '../words.ts';
import type { TraySign } from './trayPicture.ts';

type State = keyof Words['tray']['state'];

export interface TrayFace {
  readonly sign: TraySign;
  readonly state: State;
  readonly toolTip: string;
  /** Drafts that wait for a review. */
  readonly drafts: number;
  /** Whether the key can be locked; `null` where there is none. */
  readonly keyUnlocked: boolean | null;
}

/** What a person can do in the tray's menu. */
export interface TrayActions {
  readonly open: () => void;
  readonly openInbox: () => void;
  readonly lockKey: () => void;
  readonly quit: () => void;
}

/** States that somebody has to do something about. */
const ATTENTION: ReadonlySet<State> = new Set<State>(['accused', 'apart', 'failed', 'learner', 'locked']);

export function trayFace({ stage, running }: Glance, language: Language): TrayFace {
  const state = stateOf(stage, running);
  const words = WORDS[language].tray;
  return {
    sign: state === 'inStep' ? 'inStep' : ATTENTION.has(state) ? 'attention' : 'outOfStep',
    state,
    toolTip: fill(words.toolTip, { state: words.state[state] }),
    drafts: running?.drafts ?? 0,
    keyUnlocked: running?.keyUnlocked ?? null,
  };
}

function stateOf(stage: Glance['stage'], running: Glance['running']): State {
  if (stage !== 'running') return stage;
  if (running === null) return 'unknown';
  // Evidence stays for ever: it is shown where nothing else is wrong.
  return running.step === 'inStep' && running.look.accused.length > 0 ? 'accused' : running.step;
}

/** The tray's menu: first what is, then what can be done. */
export function trayMenu(
  face: TrayFace,
  language: Language,
  actions: TrayActions,
): MenuItemConstructorOptions[] {
  const words = WORDS[language].tray;
  const { state, drafts, keyUnlocked } = face;
  const key: MenuItemConstructorOptions =
    keyUnlocked === true
      ? { label: words.lockKey, click: actions.lockKey }
      : { label: words.keyIsLocked, enabled: false };
  return [
    { label: words.state[state], enabled: false },
    { type: 'separator' },
    { label: words.open, click: actions.open },
    drafts > 0
      ? { label: fillCount(words.drafts, drafts, language), click: actions.openInbox }
      : { label: words.noDrafts, enabled: false },
    ...(keyUnlocked === null ? [] : [key]),
    { type: 'separator' },
    { label: words.quit, click: actions.quit },
  ];
}
