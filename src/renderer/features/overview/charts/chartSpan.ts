/**
 * The span that the charts show: one for all of them, kept while the page is open.
 * @module
 */
import { ref } from 'vue';
import { CHART_SPANS_MS, type ChartSpanMs } from './chartData.ts';

export const chartSpanMs = ref<ChartSpanMs>(CHART_SPANS_MS[1]);
