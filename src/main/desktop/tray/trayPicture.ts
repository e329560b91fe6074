/**
 * The tray's little pictures, drawn here. They differ in form, so that nobody has to tell colours apart.
 * @module
 */

/** `inStep`: a disc with a tick. `outOfStep`: a ring with a bar. `attention`: a triangle with a mark of exclamation. */
export type TraySign = 'attention' | 'inStep' | 'outOfStep';

/** Red, green and blue. In the middle of the scale, so that they show on light and on dark bars. */
const COLOURS: Readonly<Record<TraySign, readonly [number, number, number]>> = {
  inStep: [0x2b, 0x9a, 0x5a],
  outOfStep: [0xc9, 0x7a, 0x06],
  attention: [0xd6, 0x3b, 0x3b],
};
const BLACK = [0, 0, 0] as const;
/** Of four bytes: blue, green, red, and how much they cover. */
const PIXEL_BYTES = 4;
/** Points looked at in a pixel each way: edges become smooth. */
const SAMPLES = 4;
const OPAQUE = 255;

/**
 * The bytes of a square picture of `side` pixels, four for each: blue, green, red, and how much they cover. `template`:
 * black alone, which macOS colours by itself.
 */
export function drawTraySign(sign: TraySign, side: number, template: boolean): Uint8Array {
  const [red, green, blue] = template ? BLACK : COLOURS[sign];
  const bytes = new Uint8Array(side * side * PIXEL_BYTES);
  for (let pixel = 0; pixel < side * side; pixel += 1) {
    const covered = coverage(sign, pixel % side, Math.floor(pixel / side), side);
    // Colours are multiplied by what they cover, as Electron expects it.
    const values = [blue * covered, green * covered, red * covered, OPAQUE * covered];
    bytes.set(values.map(Math.round), pixel * PIXEL_BYTES);
  }
  return bytes;
}

/** How much of a pixel the sign covers, from 0 to 1. */
function coverage(sign: TraySign, column: number, row: number, side: number): number {
  let inside = 0;
  for (let sample = 0; sample < SAMPLES * SAMPLES; sample += 1) {
    const x = (column + ((sample % SAMPLES) + 0.5) / SAMPLES) / side;
    const y = (row + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES) / side;
    if (FORMS[sign](x, y)) inside += 1;
  }
  return inside / (SAMPLES * SAMPLES);
}

/** Whether a point of the unit square, with y downwards, belongs to the form. */
const FORMS: Readonly<Record<TraySign, (x: number, y: number) => boolean>> = {
  inStep: (x, y) =>
    fromMiddle(x, y) < 0.47 &&
    !nearLine(x, y, [0.27, 0.52], [0.44, 0.68]) &&
    !nearLine(x, y, [0.44, 0.68], [0.73, 0.34]),
  outOfStep: (x, y) => {
    const away = fromMiddle(x, y);
    return (away < 0.47 && away > 0.34) || (Math.abs(y - 0.5) < 0.065 && Math.abs(x - 0.5) < 0.2);
  },
  attention: (x, y) => {
    const isTriangle = y > 0.06 && y < 0.93 && Math.abs(x - 0.5) < (y - 0.06) * 0.56;
    const isMark = Math.abs(x - 0.5) < 0.06 && ((y > 0.36 && y < 0.65) || (y > 0.72 && y < 0.83));
    return isTriangle && !isMark;
  },
};

type Point = readonly [x: number, y: number];
/** Half the width of the tick's strokes. */
const STROKE = 0.06;

function fromMiddle(x: number, y: number): number {
  return Math.hypot(x - 0.5, y - 0.5);
}

function nearLine(x: number, y: number, [fromX, fromY]: Point, [toX, toY]: Point): boolean {
  const [alongX, alongY] = [toX - fromX, toY - fromY];
  const share = ((x - fromX) * alongX + (y - fromY) * alongY) / (alongX ** 2 + alongY ** 2);
  const at = Math.max(0, Math.min(1, share));
  return Math.hypot(x - fromX - at * alongX, y - fromY - at * alongY) < STROKE;
}
