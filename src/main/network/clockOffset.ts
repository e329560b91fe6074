/**
 * How far the clock of the other side is from this one's, by the times in its pings. It is for people to look at:
 * nothing is decided by it, and who lies about its clock shows nothing but its own lie.
 *
 * A ping on its way, or one that waits to be read, seems to come from a clock that is behind, so of the last pings the one
 * that was fastest counts, and half of the shortest round trip is how long that one took.
 * @module
 */

/** Pings that count, the last: two minutes of them, so that a clock that was set right shows so. */
export const PINGS_KEPT_MAX = 8;

/** A ping's payload: a sequence number, and when it was sent, in ms since 1970 in UTC. */
const TIMED = /^\d{1,15} (\d{1,15})$/;

export class ClockOffset {
  /** For each ping, by how much its time was ahead of when it came. */
  #leadsMs: readonly number[] = [];
  #roundTripsMs: readonly number[] = [];

  /** A ping that came at `nowMs`. One without a time, as earlier versions send it, says nothing. */
  onPing(payload: string, nowMs: number): void {
    const sentMs = TIMED.exec(payload)?.[1];
    if (sentMs !== undefined)
      this.#leadsMs = [...this.#leadsMs, Number(sentMs) - nowMs].slice(-PINGS_KEPT_MAX);
  }

  /** This clock was set, or stood still while the machine slept: what came before says nothing any more. */
  forgetPings(): void {
    this.#leadsMs = [];
  }

  onRoundTrip(roundTripMs: number): void {
    this.#roundTripsMs = [...this.#roundTripsMs, roundTripMs].slice(-PINGS_KEPT_MAX);
  }

  /** In ms, ahead of this clock where above 0; `null` before it is known. It is off by up to half a round trip. */
  get offsetMs(): number | null {
    if (this.#leadsMs.length === 0 || this.#roundTripsMs.length === 0) return null;
    return Math.round(Math.max(...this.#leadsMs) + Math.min(...this.#roundTripsMs) / 2);
  }
}

/** The payload of a ping. */
export function timedPing(sequence: number, nowMs: number): string {
  return `${String(sequence)} ${String(nowMs)}`;
}
