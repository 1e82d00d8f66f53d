// Media time between two messages: smooth, never backwards, and never far ahead of what the server said.

/** How far (ms) the shown time may run ahead of the last message. */
const AHEAD = 300;
/** A jump larger than this (ms) is no jitter: follow it at once. */
const JUMP = 600;

export class MediaClock {
  constructor() {
    this._latest = 0;
    this._offset = NaN;
    this._shown = 0;
  }

  /**
   * A message says that it was `now` ms of media time when it came at local time `local` (ms).
   * @param {number} now
   * @param {number} local
   */
  hear(now, local) {
    this._latest = now;
    const measured = local - now;
    if (!(Math.abs(measured - this._offset) < JUMP)) this._offset = measured;
    else this._offset += (measured - this._offset) * 0.08;
    if (now < this._shown - JUMP) this._shown = now;
  }

  /** Begin anew. */
  reset() {
    this._latest = 0;
    this._offset = NaN;
    this._shown = 0;
  }

  /**
   * Media time to show at local time `local`.
   * @param {number} local
   */
  at(local) {
    if (Number.isNaN(this._offset)) return 0;
    this._shown = Math.max(this._shown, Math.min(local - this._offset, this._latest + AHEAD));
    return this._shown;
  }
}
