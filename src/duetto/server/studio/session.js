// One conversation over connections that may break: says hello, resumes, acknowledges, tries again with patience.
// It knows neither WebRTC nor WebSocket, neither the page nor the clock: they are given to it.

import { delay } from "./backoff.js";

/** @typedef {import("./wire.js").Event} Event */

/**
 * A connection that is open. `opened` resolves to it.
 * @typedef {{ send(event: object): void, close(): void }} Link
 */

/**
 * What a link reports. `lost` comes once, after `event`s.
 * @typedef {{ event(event: Event): void, lost(why: string): void }} Ears
 */

/**
 * Why a connection could not be made. kind "key": a (better) key is wanted; "full": no place now; "impossible": this
 * way will never work here; "down": it may work later. wait: ms that the server asks for.
 */
export class Refusal extends Error {
  /**
   * @param {"key" | "full" | "impossible" | "down"} kind
   * @param {string} why
   * @param {number} [wait]
   */
  constructor(kind, why, wait = 0) {
    super(why);
    this.kind = kind;
    this.wait = wait;
  }
}

/**
 * @typedef {{
 *   open(ears: Ears, back: string): Promise<Link>,
 *   later(ms: number, call: () => void): () => void,
 *   now(): number,
 *   hello(): { type: string, [field: string]: unknown },
 *   changed(stage: "connecting" | "open" | "lost" | "key" | "full" | "failed" | "ended", retryMs: number, why: string): void,
 *   event(event: Event): void,
 *   fresh(resumed: boolean): void,
 * }} World
 */

const ACK_EVERY = 40;
const PING_MS = 5000;
const SILENT_MS = 15_000;
const ATTEMPTS_BEFORE_FIRST = 1;
/** Events that are sent again when they were lost with a connection; the others are of no use later. */
const AGAIN = ["duetto.key", "duetto.line", "conversation.item.create", "response.create", "session.update"];
const MOST_UNSURE = 2000;

export class Session {
  /** @param {World} world */
  constructor(world) {
    this._world = world;
    /** @type {Link | null} */
    this._link = null;
    this._attempt = 0;
    this._everOpen = false;
    this._ended = false;
    this._number = 0;
    /** @type {(() => void) | null} */
    this._cancel = null;
    /** @type {(() => void) | null} */
    this._beat = null;
    /** @type {{ id: string, token: string, grace: number } | null} */
    this._ticket = null;
    this._lostAt = 0;
    this._seq = 0;
    this._acked = 0;
    this._resuming = false;
    this._heardAt = 0;
    /** How many events were sent in this conversation, and those that the server may not have. */
    this._sent = 0;
    /** @type {{ number: number, event: object }[]} */
    this._unsure = [];
    this.extended = false;
  }

  /** Connect. */
  start() {
    this._connect();
  }

  /** Try again at once, when waiting. */
  hurry() {
    if (this._ended || this._link !== null || this._cancel === null) return;
    this._stopWaiting();
    this._connect();
  }

  /** End the conversation; it is not resumed. */
  end() {
    this._ended = true;
    this._stopWaiting();
    this._drop();
    this._world.changed("ended", 0, "");
  }

  /** Leave this conversation and begin a new one. */
  restart() {
    this._ticket = null;
    this._ended = false;
    this._everOpen = false;
    this._stopWaiting();
    this._drop();
    this._attempt = 0;
    this._connect();
  }

  /** Events can be sent. */
  get open() {
    return this._link !== null && !this._resuming;
  }

  /**
   * Send an event, if the connection stands.
   * @param {{ type: string, [field: string]: unknown }} event
   */
  send(event) {
    if (this.open) this._send(event);
  }

  /** @param {{ type: string, [field: string]: unknown }} event */
  _send(event) {
    this._sent += 1;
    if (AGAIN.includes(event.type)) this._unsure.push({ number: this._sent, event });
    if (this._unsure.length > MOST_UNSURE) this._unsure.shift();
    this._link?.send(event);
  }

  _connect() {
    const number = ++this._number;
    this._world.changed(this._everOpen ? "lost" : "connecting", 0, "");
    let gone = "";
    /** @type {Ears} */
    const ears = {
      event: (event) => {
        if (number === this._number) this._hear(event);
      },
      lost: (why) => {
        gone = why || "It was closed.";
        if (number === this._number && this._link !== null) this._lost(why);
      },
    };
    const ticket = this._ticket;
    const back = ticket !== null && this._world.now() - this._lostAt < ticket.grace ? ticket.id : "";
    this._world.open(ears, back).then(
      (link) => {
        if (number !== this._number) return link.close();
        this._opened(link);
        if (gone !== "") this._lost(gone);
      },
      (error) => {
        if (number === this._number) this._refused(error);
      },
    );
  }

  /** @param {Link} link */
  _opened(link) {
    const { now } = this._world;
    this._link = link;
    this._heardAt = now();
    const ticket = this._ticket;
    this._resuming = ticket !== null && now() - this._lostAt < ticket.grace;
    if (this._resuming && ticket !== null) {
      link.send({ type: "duetto.resume", session_id: ticket.id, token: ticket.token, seq: this._seq });
    } else {
      this._anew();
      this._send(this._world.hello());
      this._world.changed("open", 0, "");
    }
    this._everOpen = true;
    this._keepBeating();
  }

  _anew() {
    this._ticket = null;
    this._seq = 0;
    this._acked = 0;
    this._sent = 0;
    this._unsure = [];
    this._resuming = false;
    this.extended = false;
    this._world.fresh(false);
  }

  /**
   * The server has the first `received` events of this conversation; what it lacks is sent again.
   * @param {unknown} received
   */
  _resumed(received) {
    this._resuming = false;
    const had = typeof received === "number" ? received : this._sent;
    const lost = this._unsure.filter(({ number }) => number > had);
    this._sent = had;
    this._unsure = [];
    for (const { event } of lost) this._send(/** @type {any} */ (event));
    this._world.changed("open", 0, "");
    this._world.fresh(true);
  }

  /** @param {Event} event */
  _hear(event) {
    this._heardAt = this._world.now();
    const seq = event["seq"];
    if (typeof seq === "number") {
      if (seq <= this._seq && !event.type.startsWith("duetto.resumed")) return; // it came before the connection broke
      if (seq > this._seq) this._seq = seq;
      if (this._seq - this._acked >= ACK_EVERY) this._acknowledge();
    }
    switch (event.type) {
      case "duetto.welcome":
        this._ticket = {
          id: String(event["session_id"]),
          token: String(event["token"]),
          grace: 1000 * (Number(event["grace_s"]) || 0),
        };
        this._attempt = 0;
        this.extended = true;
        break;
      case "duetto.resumed":
        if (this._ticket !== null && typeof event["token"] === "string") this._ticket.token = event["token"];
        if (this._ticket !== null && typeof event["session_id"] === "string") this._ticket.id = event["session_id"];
        this._attempt = 0;
        this._resumed(event["received"]);
        break;
      case "session.created":
        this._attempt = 0;
        break;
      case "error":
        if (this._resuming) return this.restart(); // too late to resume
        break;
      case "duetto.pong": {
        const had = event["received"];
        if (typeof had === "number") this._unsure = this._unsure.filter(({ number }) => number > had);
        return;
      }
    }
    this._world.event(event);
  }

  _acknowledge() {
    this._acked = this._seq;
    if (this.open) this._send({ type: "duetto.ack", seq: this._seq });
  }

  _keepBeating() {
    this._beat?.();
    this._beat = this._world.later(PING_MS, () => {
      if (this._link === null || !this.extended) return this._link === null ? undefined : this._keepBeating();
      if (this._world.now() - this._heardAt > SILENT_MS) return this._lost("Nothing came for a while.");
      if (this._seq > this._acked) this._acknowledge();
      if (this.open) this._send({ type: "duetto.ping", id: String(this._seq) });
      return this._keepBeating();
    });
  }

  /** @param {string} why */
  _lost(why) {
    this._drop();
    if (this._ended) return;
    this._lostAt = this._world.now();
    this._again(why, 0, "lost");
  }

  /** @param {unknown} error */
  _refused(error) {
    const refusal = error instanceof Refusal ? error : new Refusal("down", "The server could not be reached.");
    if (refusal.kind === "key" || refusal.kind === "impossible") {
      this._ended = true;
      this._world.changed(refusal.kind === "key" ? "key" : "failed", 0, refusal.message);
    } else if (refusal.kind === "full") this._again(refusal.message, refusal.wait, "full");
    else if (!this._everOpen && this._attempt >= ATTEMPTS_BEFORE_FIRST) {
      this._ended = true;
      this._world.changed("failed", 0, refusal.message);
    } else this._again(refusal.message, refusal.wait, this._everOpen ? "lost" : "connecting");
  }

  /**
   * @param {string} why
   * @param {number} wanted
   * @param {"lost" | "full" | "connecting"} stage
   */
  _again(why, wanted, stage) {
    this._attempt += 1;
    const wait = delay(this._attempt, wanted);
    this._world.changed(stage, wait, why);
    this._cancel = this._world.later(wait, () => {
      this._cancel = null;
      this._connect();
    });
  }

  _stopWaiting() {
    this._cancel?.();
    this._cancel = null;
  }

  _drop() {
    this._number += 1;
    this._resuming = false;
    this._beat?.();
    this._beat = null;
    const link = this._link;
    this._link = null;
    link?.close();
  }
}
