/**
 * How a chart is drawn by uPlot: scales, axes and lines, in the colours and the type of the page.
 * @module
 */
import type uPlot from 'uplot';
import { niceTop } from './chartData.ts';
import { lineStyle, tokenValue } from './lineStyles.ts';

export const PLOT_HEIGHT_PX = 150;
const FONT_PX = 11;
const TIMES_HEIGHT_PX = 28;
const VALUES_WIDTH_PX = 54;
/** Least room between two marks on the axes. */
const TIMES_SPACE_PX = 84;
const VALUES_SPACE_PX = 34;
/** Steps between two times on the axis, in seconds. */
const TIME_STEPS_S = [10, 15, 30, 60, 120, 300];
const POINT_PX = 7;

/** What is asked each time it is drawn. */
export interface PlotSource {
  readonly lineCount: number;
  /** First and last time shown, in seconds. */
  readonly rangeS: () => [number, number];
  readonly timeText: (timeS: number) => string;
  readonly valueText: (value: number) => string;
  /** The index that is pointed at. */
  readonly onPoint: (index: number | null) => void;
}

export function plotOptions(source: PlotSource, widthPx: number): uPlot.Options {
  const font = `${String(FONT_PX)}px ${tokenValue('--el-font-family')}`;
  const axis = {
    font,
    stroke: () => tokenValue('--el-text-color-secondary'),
    grid: { stroke: () => tokenValue('--el-border-color-extra-light'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: widthPx,
    height: PLOT_HEIGHT_PX,
    padding: [10, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false, setScale: false }, points: { size: POINT_PX } },
    scales: {
      x: { time: false, range: () => source.rangeS() },
      y: { range: (_plot, _least, greatest) => [0, niceTop(greatest)] },
    },
    axes: [
      {
        ...axis,
        size: TIMES_HEIGHT_PX,
        gap: 8,
        space: TIMES_SPACE_PX,
        incrs: TIME_STEPS_S,
        values: (_plot, splits) => splits.map(source.timeText),
      },
      {
        ...axis,
        size: VALUES_WIDTH_PX,
        gap: 6,
        space: VALUES_SPACE_PX,
        values: (_plot, splits) => splits.map(source.valueText),
      },
    ],
    series: [{}, ...Array.from({ length: source.lineCount }, (_, index) => series(index))],
    hooks: { setCursor: [(plot) => source.onPoint(plot.cursor.idx ?? null)] },
  };
}

function series(index: number): uPlot.Series {
  const { token, dash, widthPx } = lineStyle(index);
  return {
    stroke: () => tokenValue(token),
    dash: [...dash],
    width: widthPx,
    points: { show: false },
    spanGaps: false,
  };
}
