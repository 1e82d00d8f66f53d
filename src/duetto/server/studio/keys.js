// Typing as it happens: what one change of the line was, as edits of `duetto.key`. Positions count characters
// (Unicode code points) as the server does, not the 16-bit units of JavaScript.

/** @typedef {{ op: "insert" | "delete", text: string, position: number, count: number }} KeyEdit */

/**
 * The edits that turn `before` into `after`: at most one deletion and then one insertion.
 * @param {string} before
 * @param {string} after
 * @returns {KeyEdit[]}
 */
export function difference(before, after) {
  const old = Array.from(before);
  const fresh = Array.from(after);
  const shorter = Math.min(old.length, fresh.length);
  let head = 0;
  while (head < shorter && old[head] === fresh[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && old[old.length - 1 - tail] === fresh[fresh.length - 1 - tail]) tail += 1;
  /** @type {KeyEdit[]} */
  const edits = [];
  const gone = old.length - head - tail;
  if (gone > 0) edits.push({ op: "delete", text: "", position: head, count: gone });
  const come = fresh.slice(head, fresh.length - tail).join("");
  if (come !== "") edits.push({ op: "insert", text: come, position: head, count: 0 });
  return edits;
}

/** The line as the server knows it, and what to tell it when the line here has changed. */
export class SharedLine {
  /** @param {(event: { type: string, [field: string]: unknown }) => void} send */
  constructor(send) {
    this._send = send;
    this.known = "";
  }

  /**
   * The line here is now `text`.
   * @param {string} text
   */
  change(text) {
    for (const edit of difference(this.known, text)) this._send({ type: "duetto.key", ...edit });
    this.known = text;
  }

  /** The line is sent as it stands. */
  submit() {
    this._send({ type: "duetto.key", op: "send", text: "", position: 0, count: 0 });
    this.known = "";
  }

  /**
   * A new connection: the server has `text` as its line ("" in a new conversation).
   * @param {string} text
   */
  restart(text) {
    this.known = text;
  }
}
