/**
 * The ways in which the system says what to open: the arguments of a start, those of a second one, and the events of
 * macOS, which can come before anything else is there and are kept until somebody takes them.
 * @module
 */
import { app } from 'electron';
import { CONSOLE_SCHEME } from '../origin.ts';
import { wishOfLink, wishOfPath, wishesOfArguments, type Wish } from './wishes.ts';

type OnWishes = (wishes: readonly Wish[]) => void;

export class SystemWays {
  #early: Wish[] = [];
  #onWishes: OnWishes | null = null;

  /** Listens from now on. As early as possible: macOS tells what started the program before the app is ready. */
  constructor() {
    app.on('open-url', (event, url) => {
      event.preventDefault();
      this.#tell([wishOfLink(url)]);
    });
    app.on('open-file', (event, path) => {
      event.preventDefault();
      this.#tell([wishOfPath(path, '/')]);
    });
    app.on('second-instance', (_event, argv, workingDirectory) => {
      this.#tell(wishesOfArguments(ownArguments(argv), workingDirectory));
    });
  }

  /** Hands over what this start asks for and what has come since, and then all that comes. A start may ask for nothing. */
  deliver(onWishes: OnWishes): void {
    const ofStart = wishesOfArguments(ownArguments(process.argv), process.cwd());
    onWishes([...ofStart, ...this.#early]);
    this.#early = [];
    this.#onWishes = onWishes;
  }

  #tell(wishes: readonly Wish[]): void {
    if (this.#onWishes === null) this.#early.push(...wishes);
    else this.#onWishes(wishes);
  }
}

/**
 * Makes the system hand links to this program. What is not installed leaves the system as it is; where the installer has
 * said it already (docs/OPERATING.md), it is said again.
 */
export function takeLinks(): void {
  if (app.isPackaged) app.setAsDefaultProtocolClient(CONSOLE_SCHEME);
}

/** Without the program's name, and without what Electron was told to run where it is run from its source. */
function ownArguments(argv: readonly string[]): string[] {
  const rest = argv.slice(1);
  if (app.isPackaged) return rest;
  const source = rest.findIndex((argument) => !argument.startsWith('-'));
  return rest.filter((_argument, index) => index !== source);
}
