/**
 * Where each replica stands, said now and then: a hint of what to ask for, and never believed (PROTOCOL.md, rule 11).
 * @module
 */
import type { Context } from '../context.ts';
import type { BeaconMessage } from '../messages.ts';
import { askForOrders, startCatchUp } from './catchUp.ts';

/** Tells the others where this replica stands, now and at every interval. */
export function sendBeacon(context: Context): void {
  context.openingSent.clear();
  context.emit({ type: 'broadcast', message: beaconOf(context) });
  context.emit({ type: 'setTimer', timer: 'beacon', delayMs: context.options.beaconIntervalMs });
}

/** Where this replica stands. */
export function beaconOf(context: Context): BeaconMessage {
  const { epoch, view, target } = context.position;
  const stableHeight = context.chain.stable.height;
  const tipHeight = context.chain.tip.height;
  const participating = context.learner === null;
  return { type: 'beacon', epoch, view, target, stableHeight, tipHeight, participating };
}

/** Where another replica says that it stands. Only a hint of what to ask for: nothing is believed. */
export function handleBeacon(context: Context, from: number, message: BeaconMessage): void {
  const before = context.beacons.get(from);
  const wasEager = context.isEager;
  context.beacons.set(from, message);
  if (wasEager !== context.isEager) context.announce({ type: 'eager', eager: context.isEager });
  // In a later epoch it has what ends this one. One of an earlier epoch will ask.
  if (message.epoch < context.position.epoch) return;
  const isOfEpoch = message.epoch === context.position.epoch;
  if (isOfEpoch && message.view > context.position.view) askForOpening(context, from, message.view);
  if (isMistrusted(context, from)) return;
  if (message.stableHeight > context.chain.stable.height) {
    // A checkpoint that is being made right now arrives by itself: ask where the last beacon was ahead already, and
    // after a new connection, before which anything may have been lost.
    const wasAhead = before === undefined || before.stableHeight > context.chain.stable.height;
    if (wasAhead || message.stableHeight > context.chain.tip.height) startCatchUp(context, from);
    return;
  }
  if (!isOfEpoch) return;
  const ownTip = context.chain.tip.height;
  if (message.tipHeight > ownTip && (before?.tipHeight ?? message.tipHeight) > ownTip) {
    askForOrders(context, from);
  }
  if (before !== undefined) offerCheckpoint(context, from, message, before);
}

/** Spares a replica that has the blocks, but missed the votes, the way of asking for what it has. */
function offerCheckpoint(context: Context, to: number, message: BeaconMessage, before: BeaconMessage): void {
  const { height } = context.stable;
  const certificate = context.stableCertificate;
  const lags = before.stableHeight < height && message.stableHeight < height && message.tipHeight >= height;
  if (lags && certificate !== null)
    context.emit({ type: 'send', to, message: { type: 'stable', certificate } });
}

/** Another replica is in a later view: it is asked for what brought it there. */
function askForOpening(context: Context, to: number, view: number): void {
  const isUnderWay = context.entering !== null && context.entering.newView.view >= view;
  if (isUnderWay || !context.isMember) return;
  const wanted = Math.max(context.position.view + 1, context.position.target);
  context.emit({ type: 'send', to, message: { type: 'getNewView', view: wanted } });
}

/** What a replica promised has not come: some of its beacons are passed over. */
function isMistrusted(context: Context, from: number): boolean {
  const left = context.mistrusted.get(from) ?? 0;
  if (left <= 0) return false;
  context.mistrusted.set(from, left - 1);
  return true;
}
