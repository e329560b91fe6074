/**
 * The sign of each state of a connection.
 * @module
 */
import { CircleCheck, CircleX, LoaderCircle, Unplug } from '@lucide/vue';
import type { Component } from 'vue';
import type { PeerDetail } from '../../../shared/contract/peers.ts';
import type { Tone } from '../../ui/StatusTag.vue';

export const PEER_STATES: Readonly<Record<PeerDetail['state'], { icon: Component; tone: Tone }>> = {
  connected: { icon: CircleCheck, tone: 'ok' },
  connecting: { icon: LoaderCircle, tone: 'info' },
  refused: { icon: CircleX, tone: 'bad' },
  down: { icon: Unplug, tone: 'warn' },
};
