// Keyboard shortcuts. They rest while something is typed or a dialog is open.

/**
 * @typedef {{
 *   enabled(): boolean, mute(): void, picture(which: "camera" | "screen"): void, write(): void, stop(): void, help(): void,
 *   play(): void, move(ms: number): void, recording(): boolean,
 * }} Doing
 */

/** @param {Doing} doing */
export function listenToKeys(doing) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]") !== null) return;
    if (event.key === "Escape") return doing.stop();
    const target = event.target instanceof HTMLElement ? event.target : document.body;
    if (writes(target)) return;
    if (doing.recording() && playing(event, target, doing)) return event.preventDefault();
    if (!doing.enabled()) return;
    switch (event.key.toLowerCase()) {
      case "m":
        return doing.mute();
      case "c":
        return doing.picture("camera");
      case "s":
        return doing.picture("screen");
      case "?":
        return doing.help();
      case "/":
        event.preventDefault();
        return doing.write();
    }
  });
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement} target
 * @param {Doing} doing
 */
function playing(event, target, doing) {
  const step = event.shiftKey ? 5000 : 1000;
  switch (event.key) {
    case " ":
      if (target instanceof HTMLButtonElement) return false; // the button is pressed
      doing.play();
      return true;
    case "ArrowLeft":
      doing.move(-step);
      return true;
    case "ArrowRight":
      doing.move(step);
      return true;
    default:
      return false;
  }
}

/** @param {HTMLElement} target */
function writes(target) {
  return target instanceof HTMLInputElement && !["range", "checkbox"].includes(target.type);
}
