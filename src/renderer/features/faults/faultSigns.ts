/**
 * The sign of each fault, and where the page says what it does.
 * @module
 */
import { Pause, Power, Snail, Split, VolumeX } from '@lucide/vue';
import type { Component } from 'vue';
import type { Fault } from '../../../shared/contract/model.ts';

export const FAULT_SIGNS: Readonly<Record<Fault, Component>> = {
  stop: Power,
  pause: Pause,
  silence: VolumeX,
  equivocate: Split,
  slow: Snail,
};

/** Where `FaultLegend` says what a fault does: the buttons are described by it. */
export const hintId = (fault: Fault): string => `fault-hint-${fault}`;
