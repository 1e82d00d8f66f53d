// How long to wait before the next attempt to connect.

const FIRST_MS = 1000;
const LONGEST_MS = 15_000;

/**
 * Milliseconds before attempt `attempt` (1, 2, 3 …): 1 s, 2 s, 4 s … at most 15 s. `wanted` (ms) is what the server
 * asked for, 0 for nothing; it counts up to two minutes.
 * @param {number} attempt
 * @param {number} [wanted]
 */
export function delay(attempt, wanted = 0) {
  const own = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, Math.min(attempt, 20) - 1));
  return Math.max(own, Math.min(wanted, 120_000));
}

/**
 * `Retry-After` in ms: seconds or a date; 0 for none or nonsense.
 * @param {string | null} header
 * @param {number} now unix time in ms
 */
export function retryAfter(header, now) {
  if (header === null || header.trim() === "") return 0;
  const seconds = Number(header);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(wait) ? Math.max(0, wait) : 0;
}
