// What state the page is in, and the words for it. One place, so that every state has clear words.

/** @typedef {import("./wire.js").Floor} Floor */

/**
 * idle: nothing begun. asking: the browser asks for permission. refused, missing, busy, insecure: no microphone, and
 * why. key, full, failed: the server does not take us. lost: the connection broke; it is tried again. ended: by the user.
 * @typedef {"idle" | "asking" | "connecting" | "open" | "refused" | "missing" | "busy" | "insecure" | "key" | "full"
 *   | "failed" | "lost" | "ended"} Stage
 */

/**
 * text: by typing only, no voice. retry: seconds until the next attempt, 0 while it is under way. why: of the server.
 * @typedef {{ stage: Stage, floor: Floor, muted: boolean, text: boolean, retry: number, why: string }} State
 */

/** @typedef {{ name: string, title: string, detail: string }} Phase */

/** @type {State} */
export const START = { stage: "idle", floor: "nobody", muted: false, text: false, retry: 0, why: "" };

/**
 * @param {State} state
 * @returns {Phase}
 */
export function phase(state) {
  switch (state.stage) {
    case "idle":
      return { name: "idle", title: "Not connected", detail: "" };
    case "asking":
      return { name: "asking", title: "Asking for your microphone", detail: "The browser asks whether this page may listen." };
    case "connecting":
      return { name: "connecting", title: "Connecting", detail: "" };
    case "refused":
      return {
        name: "stopped",
        title: "The microphone was refused",
        detail: "Allow it in the browser's address bar and try again, or type instead.",
      };
    case "missing":
      return {
        name: "stopped",
        title: "There is no microphone",
        detail: "None was found. Connect one and try again, or type instead.",
      };
    case "busy":
      return {
        name: "stopped",
        title: "The microphone could not be opened",
        detail: "Another program may be using it. Close that and try again, or type instead.",
      };
    case "insecure":
      return {
        name: "stopped",
        title: "No microphone on this address",
        detail: "Browsers allow it over https or on localhost only. You can type instead.",
      };
    case "key":
      return {
        name: "stopped",
        title: state.why === "wrong" ? "The key was not accepted" : "This server wants a key",
        detail: "Paste an API key of this server. It stays in this tab and is forgotten when you close it.",
      };
    case "full":
      return { name: "stopped", title: "The server is full", detail: waiting(state.why || "No place is free.", state) };
    case "failed":
      return { name: "stopped", title: "Could not connect", detail: state.why };
    case "lost":
      return { name: "lost", title: "Connection lost", detail: waiting(state.why, state) };
    case "ended":
      return { name: "idle", title: "Conversation ended", detail: state.why };
    case "open":
      return talking(state);
  }
}

/**
 * @param {State} state
 * @returns {Phase}
 */
function talking({ floor, muted, text }) {
  if (floor === "both") return { name: "overlap", title: "Both are speaking", detail: "" };
  if (floor === "agent") return { name: "speaking", title: "duetto speaks", detail: muted ? "You are muted." : "" };
  if (text) return { name: "listening", title: "Reading as you type", detail: "By text only: no microphone, no sound." };
  if (muted) return { name: "muted", title: "Muted", detail: "duetto hears nothing. It still sees and reads." };
  if (floor === "user") return { name: "hearing", title: "Hearing you", detail: "" };
  return { name: "listening", title: "Listening", detail: "" };
}

/**
 * @param {string} before
 * @param {State} state
 */
function waiting(before, { retry }) {
  const next = retry > 0 ? `Trying again in ${Math.ceil(retry)} s.` : "Trying again now.";
  return before === "" ? next : `${before} ${next}`;
}

/**
 * The stage after `getUserMedia` failed with an error of this name.
 * @param {string} name
 * @returns {Stage}
 */
export function microphoneStage(name) {
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return "refused";
    case "NotFoundError":
    case "OverconstrainedError":
      return "missing";
    default:
      return "busy";
  }
}

/**
 * Why camera or screen did not start, in a sentence.
 * @param {"camera" | "screen"} what
 * @param {string} name of the error
 */
export function pictureProblem(what, name) {
  const it = what === "camera" ? "The camera" : "Sharing the screen";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return what === "camera" ? "The camera was refused. Allow it in the address bar." : "No screen was shared.";
    case "NotFoundError":
      return what === "camera" ? "There is no camera." : `${it} is not possible here.`;
    default:
      return `${it} could not be started.`;
  }
}
