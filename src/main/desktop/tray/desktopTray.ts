/**
 * The tray: there as long as the program runs, with or without a window.
 * @module
 */
import { Menu, Tray, nativeImage, type NativeImage } from 'electron';
import type { Language } from '../../../shared/text/quantities.ts';
import { trayMenu, type TrayActions, type TrayFace } from './trayFace.ts';
import { drawTraySign, type TraySign } from './trayPicture.ts';

/** Sides of a picture in DIPs, as each system has it. */
const SIDES: Partial<Record<NodeJS.Platform, number>> = { darwin: 18, win32: 16 };
const SIDE = 22;
/** Pictures for screens of two pixels in a DIP. */
const SCALE_FINE = 2;

export class DesktopTray {
  readonly #tray: Tray;
  readonly #actions: TrayActions;
  readonly #images = new Map<TraySign, NativeImage>();
  /** What is shown, as JSON: it is looked at each second, and changes once in a while. */
  #shown = '';

  constructor(actions: TrayActions, sign: TraySign) {
    this.#actions = actions;
    this.#tray = new Tray(this.#image(sign));
    // macOS opens the menu itself; elsewhere a click is the short way to the window.
    if (process.platform !== 'darwin') this.#tray.on('click', actions.open);
  }

  show(face: TrayFace, language: Language): void {
    const shown = JSON.stringify([face, language]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#tray.setImage(this.#image(face.sign));
    this.#tray.setToolTip(face.toolTip);
    this.#tray.setContextMenu(Menu.buildFromTemplate(trayMenu(face, language, this.#actions)));
  }

  close(): void {
    this.#tray.destroy();
  }

  #image(sign: TraySign): NativeImage {
    const known = this.#images.get(sign);
    if (known !== undefined) return known;
    const image = signImage(sign);
    this.#images.set(sign, image);
    return image;
  }
}

function signImage(sign: TraySign): NativeImage {
  const side = SIDES[process.platform] ?? SIDE;
  const isTemplate = process.platform === 'darwin';
  const bitmap = (scale: number): Buffer => Buffer.from(drawTraySign(sign, side * scale, isTemplate));
  const image = nativeImage.createFromBitmap(bitmap(1), { width: side, height: side, scaleFactor: 1 });
  image.addRepresentation({
    scaleFactor: SCALE_FINE,
    width: side * SCALE_FINE,
    height: side * SCALE_FINE,
    buffer: bitmap(SCALE_FINE),
  });
  if (isTemplate) image.setTemplateImage(true);
  return image;
}
