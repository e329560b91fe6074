/**
 * Where the window was, and where it can be opened again: on a screen that is there, and no larger than it.
 * @module
 */
import { z } from 'zod';

/** Farthest edge of any screen that is believed, in DIPs. */
const EDGE_MAX = 100_000;

const edge = z.number().int().min(-EDGE_MAX).max(EDGE_MAX);
const size = z.number().int().min(1).max(EDGE_MAX);

/** In DIPs, while it is not maximised. */
export const windowPlaceSchema = z.strictObject({
  x: edge,
  y: edge,
  width: size,
  height: size,
  maximised: z.boolean(),
});
export type WindowPlace = z.infer<typeof windowPlaceSchema>;

/** A rectangle in DIPs. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How to open a window: without `x` and `y`, the system finds the middle of its first screen. */
export interface Opening {
  readonly x?: number;
  readonly y?: number;
  readonly width: number;
  readonly height: number;
  readonly maximised: boolean;
}

/** Size of a new window where the screen has room for it, in DIPs. */
const SIZE = { width: 1_280, height: 840 };
/** A window of which less was on any screen is as good as lost, in DIPs each way. */
const SEEN_MIN = 64;

/**
 * How to open the window that was at `kept` (`null`: there was none), on screens with the work areas `screens`, of which
 * `primary` is the first. It comes to lie wholly within the screen that showed most of it.
 */
export function openingOf(kept: WindowPlace | null, screens: readonly Area[], primary: Area): Opening {
  if (kept === null) return { ...clampSize(SIZE, primary), maximised: false };
  const { maximised } = kept;
  const [best] = screens
    .map((screen) => ({ screen, seen: overlap(kept, screen) }))
    .filter(({ seen }) => seen.width >= SEEN_MIN && seen.height >= SEEN_MIN)
    .sort((left, right) => areaOf(right.seen) - areaOf(left.seen));
  // That screen was unplugged.
  if (best === undefined) return { ...clampSize(kept, primary), maximised };
  const { screen } = best;
  const { width, height } = clampSize(kept, screen);
  return {
    x: between(kept.x, screen.x, screen.x + screen.width - width),
    y: between(kept.y, screen.y, screen.y + screen.height - height),
    width,
    height,
    maximised,
  };
}

function clampSize(
  { width, height }: Pick<Area, 'height' | 'width'>,
  screen: Area,
): Pick<Area, 'height' | 'width'> {
  return { width: Math.min(width, screen.width), height: Math.min(height, screen.height) };
}

function overlap(left: Area, right: Area): Pick<Area, 'height' | 'width'> {
  const width = Math.min(left.x + left.width, right.x + right.width) - Math.max(left.x, right.x);
  const height = Math.min(left.y + left.height, right.y + right.height) - Math.max(left.y, right.y);
  return { width: Math.max(0, width), height: Math.max(0, height) };
}

function areaOf({ width, height }: Pick<Area, 'height' | 'width'>): number {
  return width * height;
}

function between(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
