// The page: joins what the user does to the conversation, and shows what comes of it.

import { loudness } from "./rows.js";
import { Library } from "./library.js";
import { screenPossible } from "./media.js";
import { announce, box, button, element, input, mark, toast } from "./page.js";
import { Painter } from "./paint.js";
import { phase } from "./phase.js";
import { Script } from "./script.js";
import { Settings } from "./settings.js";
import { listenToKeys } from "./shortcuts.js";
import { Talk } from "./talk.js";

const settings = new Settings();
const painter = new Painter(element("lanes", HTMLCanvasElement));
const script = new Script((at) => library.seek(at));
const line = input("line");
const videos = { camera: element("preview-camera", HTMLVideoElement), screen: element("preview-screen", HTMLVideoElement) };
const voice = element("voice", HTMLAudioElement);

const talk = new Talk(settings.choices, {
  changed: () => show(),
  problem: toast,
  line: () => line.value,
  video: (which) => videos[which],
  sound: (stream) => {
    voice.srcObject = stream;
    voice.play().then(
      () => (button("hear-now").hidden = true),
      () => (button("hear-now").hidden = false),
    );
  },
});

const library = new Library({
  key: () => settings.choices.key,
  opened: () => script.reset(),
  closed: () => script.reset(),
});

// --- what the user does ---

/** @param {boolean} text */
function start(text) {
  if (!box("key-field").hidden) settings.setKey(input("key").value.trim());
  void talk.start({ text, camera: input("with-camera").checked, screen: input("with-screen").checked && screenPossible() });
}

element("start-form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  start(false);
});
button("start-text").addEventListener("click", () => start(true));
button("end").addEventListener("click", () => {
  talk.end();
  button("start").focus();
});
button("mute").addEventListener("click", () => talk.toggleMute());
for (const which of /** @type {const} */ (["camera", "screen"])) {
  button(which).addEventListener("click", () => void talk.show(which, talk.pictures[which] === null));
}
button("try-now").addEventListener("click", () => talk.hurry());
button("hear-now").addEventListener("click", () => {
  void voice.play().then(() => (button("hear-now").hidden = true));
});
line.addEventListener("input", () => talk.typed());
element("composer", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  if (talk.submit()) line.value = "";
});
window.addEventListener("online", () => talk.hurry());
window.addEventListener("pagehide", () => {
  if (talk.active) talk.end();
});

settings.reconnect = () => talk.reconnect();
settings.connected = () => talk.active;
settings.terms = () => talk.terms;

button("tab-talk").addEventListener("click", () => view("talk"));
button("tab-recordings").addEventListener("click", () => view("recordings"));

/** @param {"talk" | "recordings"} name */
function view(name) {
  if (document.body.dataset["view"] === name && name === "talk") return;
  mark("view", name);
  library.close();
  for (const tab of ["talk", "recordings"]) {
    if (tab === name) button(`tab-${tab}`).setAttribute("aria-current", "page");
    else button(`tab-${tab}`).removeAttribute("aria-current");
  }
  box("library").hidden = name !== "recordings";
  script.reset();
  if (name === "recordings") void library.list();
  show();
}

listenToKeys({
  enabled: () => settings.singleKeys,
  mute: () => talk.toggleMute(),
  picture: (which) => {
    if (!button(which).disabled) void talk.show(which, talk.pictures[which] === null);
  },
  write: () => line.focus(),
  stop: () => talk.interrupt(),
  help: () => element("shortcuts", HTMLDialogElement).showModal(),
  play: () => library.toggle(),
  move: (ms) => library.seek(library.at + ms),
  recording: () => library.recorded !== null,
});
button("open-keys").addEventListener("click", () => element("shortcuts", HTMLDialogElement).showModal());

// A recording is scrubbed by dragging its lanes too.
const lanes = element("lanes", HTMLCanvasElement);
lanes.addEventListener("pointerdown", (event) => {
  if (library.recorded === null) return;
  lanes.setPointerCapture(event.pointerId);
  const from = library.at;
  const x = event.clientX;
  const perPixel = painter.span / (painter.width * 0.7);
  const move = (/** @type {PointerEvent} */ drag) => library.seek(from - (drag.clientX - x) * perPixel);
  lanes.addEventListener("pointermove", move);
  lanes.addEventListener("lostpointercapture", () => lanes.removeEventListener("pointermove", move), { once: true });
});

// --- what is shown ---

const STOPPED = ["refused", "missing", "busy", "insecure", "key", "failed"];

/** Everything but the canvas, from the state. */
function show() {
  const inRecordings = document.body.dataset["view"] === "recordings";
  const { state } = talk;
  const retry = talk.retryAt > 0 ? Math.max(0, (talk.retryAt - performance.now()) / 1000) : 0;
  const now = phase({ ...state, retry });
  const open = library.recorded;
  const title = !inRecordings ? now.title : open === null ? "Recordings" : open.heading.title;
  const detail = !inRecordings ? now.detail || terms() : open === null ? "" : recorded(open);
  mark("phase", inRecordings ? "recording" : now.name);
  put("phase-title", title);
  put("phase-detail", detail);
  // Who speaks is heard, and not announced on top of it.
  const talking = ["hearing", "speaking", "overlap"].includes(now.name);
  if (!talking) announce(inRecordings ? "" : `${now.title}.`);
  mark("idle", !inRecordings && !talk.active);
  mark("spoken", talk.transcript.entries.length > 0);
  showWelcome(inRecordings);
  button("try-now").hidden = inRecordings || retry === 0 || (state.stage !== "lost" && state.stage !== "full");

  const connected = state.stage === "open";
  button("mute").disabled = !connected || state.text;
  button("mute").setAttribute("aria-pressed", String(state.muted));
  put("mute", state.muted ? "Muted" : "Mute", ".name");
  for (const which of /** @type {const} */ (["camera", "screen"])) {
    const on = talk.pictures[which] !== null;
    button(which).disabled = !connected;
    button(which).setAttribute("aria-pressed", String(on));
    videos[which].hidden = !on;
  }
  box("previews").hidden = inRecordings || (talk.pictures.camera === null && talk.pictures.screen === null);
  line.disabled = !talk.active;
  button("send").disabled = !connected;
  button("end").disabled = !talk.active;
}

/** @param {boolean} inRecordings */
function showWelcome(inRecordings) {
  const { state } = talk;
  const welcome = box("welcome");
  welcome.hidden = inRecordings || talk.active;
  if (welcome.hidden) return;
  const stopped = STOPPED.includes(state.stage);
  const words = phase({ ...state, retry: 0 });
  put("welcome-title", stopped ? words.title : state.stage === "ended" ? "Talk again?" : "Talk with duetto");
  const usual = "It listens, watches and reads while it speaks. Interrupt it, talk over it, type while it talks.";
  put("welcome-text", stopped ? words.detail : usual);
  put("start", state.stage === "key" ? "Connect" : stopped ? "Try again" : "Start talking");
  const asks = state.stage === "key";
  if (asks && box("key-field").hidden) {
    box("key-field").hidden = false;
    input("key").value = "";
    input("key").focus();
  } else if (!asks) box("key-field").hidden = true;
}

function terms() {
  const { terms: now, state } = talk;
  if (now === null || state.stage !== "open") return "";
  const brain = now.brain === "" || now.brain === "embedded" ? "" : ` · ${now.brain}`;
  return `Δ ${now.delta} ms · horizon ${now.horizon} ms${brain}`;
}

/** @param {import("./recording.js").Recorded} open */
function recorded({ heading, delta, truncated }) {
  const when = heading.started > 0 ? `${new Date(heading.started * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })} · ` : "";
  return `${when}Δ ${delta} ms${truncated ? " · cut off before its end" : ""}`;
}

/**
 * @param {string} id
 * @param {string} text
 * @param {string} [inside] selector of a part of it
 */
function put(id, text, inside) {
  const place = inside === undefined ? box(id) : box(id).querySelector(inside);
  if (place !== null && place.textContent !== text) place.textContent = text;
}

/**
 * @param {import("./latency.js").Tally} tally
 * @param {number} at
 */
function showNumbers(tally, at) {
  for (const [what, usual] of /** @type {const} */ ([["reply", "from your last sound"], ["silent", "when you speak over it"]])) {
    const summary = tally.summary(what, at);
    put(`${what}-last`, summary === null ? "–" : String(Math.round(summary.last)));
    put(`${what}-fine`, summary === null || summary.count < 2 ? usual : `median ${Math.round(summary.median)} of ${summary.count}`);
  }
}

const duo = document.getElementById("duo");
let smooth = { user: 0, duetto: 0 };

/** @param {{ user: number, duetto: number }} levels dBFS */
function showLevels(levels) {
  for (const who of /** @type {const} */ (["user", "duetto"])) {
    const value = loudness(levels[who]);
    smooth[who] = Math.max(value, smooth[who] * 0.86);
    const circle = duo?.querySelector(`.duo-${who}`);
    if (circle instanceof SVGElement) circle.style.setProperty("--level", smooth[who].toFixed(3));
  }
}

let countedAt = 0;
let drawnAt = 0;

/** @param {number} time of the frame, ms */
function draw(time) {
  requestAnimationFrame(draw);
  if (talk.state.stage === "open") showLevels(talk.levels());
  if (painter.still && time - drawnAt < 250) return;
  drawnAt = time;
  if (time - countedAt > 250) {
    countedAt = time;
    if (talk.retryAt > 0 || library.recorded !== null) show();
  }
  const open = library.recorded;
  if (open !== null) {
    const { at } = library;
    painter.paint(open.model, at, library.tally.recent);
    script.show(open.transcript, at);
    showNumbers(library.tally, at);
    library.paint();
    return;
  }
  if (document.body.dataset["view"] === "recordings") return;
  script.show(talk.transcript);
  if (!talk.active) return;
  painter.paint(talk.model, talk.at, talk.tally.recent);
  showNumbers(talk.tally, Infinity);
}

box("with-screen-chip").hidden = !screenPossible();
button("screen").hidden = !screenPossible();
show();
requestAnimationFrame(draw);
