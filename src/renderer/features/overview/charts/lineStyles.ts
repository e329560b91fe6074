/**
 * How the lines of a chart differ: by their dashes, and by colour for those who see it.
 * @module
 */
export interface LineStyle {
  /** Name of the token with its colour. */
  readonly token: string;
  /** Lengths of strokes and gaps in pixels; empty: one stroke. */
  readonly dash: readonly number[];
  readonly widthPx: number;
}

/** The styles in the order in which a chart's lines take them. */
export const LINE_STYLES: readonly LineStyle[] = [
  { token: '--el-color-primary', dash: [], widthPx: 2 },
  { token: '--el-color-primary', dash: [6, 4], widthPx: 1.5 },
  { token: '--el-color-success', dash: [2, 3], widthPx: 2 },
  { token: '--el-color-success', dash: [10, 3, 2, 3], widthPx: 1.5 },
];

const FIRST: LineStyle = { token: '--el-color-primary', dash: [], widthPx: 2 };

/** The style of the line at `index`. */
export function lineStyle(index: number): LineStyle {
  return LINE_STYLES[index % LINE_STYLES.length] ?? FIRST;
}

/** The present value of a token, for a canvas. */
export function tokenValue(token: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(token).trim();
}
