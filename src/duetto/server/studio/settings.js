// What the user has chosen: Δ, horizon, key, shortcuts. Kept for this tab only.

import { box, button, element, input } from "./page.js";

const DELTAS = [20, 40, 60, 80, 120, 160, 240, 320, 640, 1000];
const HORIZONS = [160, 240, 320, 400, 600, 800, 1600, 3200];

export class Settings {
  constructor() {
    /** @type {import("./talk.js").Choices} */
    this.choices = {
      key: recall("key"),
      delta: Number(recall("delta")) || null,
      horizon: Number(recall("horizon")) || null,
    };
    this.singleKeys = recall("keys") !== "off";
    this.reconnect = () => {};
    this.connected = () => false;
    /** @type {() => { delta: number, horizon: number } | null} */
    this.terms = () => null;
    this._dialog = element("settings", HTMLDialogElement);
    button("open-settings").addEventListener("click", () => this._open());
    for (const id of ["delta", "horizon"]) input(id).addEventListener("input", () => this._changed());
    this._dialog.addEventListener("close", () => this._closed());
  }

  /** @param {string} key */
  setKey(key) {
    this.choices.key = key;
    remember("key", key);
  }

  _open() {
    input("delta").value = String(this.choices.delta === null ? 0 : DELTAS.indexOf(this.choices.delta) + 1);
    input("horizon").value = String(this.choices.horizon === null ? 0 : HORIZONS.indexOf(this.choices.horizon) + 1);
    input("settings-key").value = this.choices.key;
    input("single-keys").checked = this.singleKeys;
    this._dialog.returnValue = "";
    this._changed();
    this._dialog.showModal();
  }

  _changed() {
    const { delta, horizon } = this._picked();
    const terms = this.terms();
    box("delta-value").textContent = delta === null ? `server's own${terms ? `, ${terms.delta} ms` : ""}` : `${delta} ms`;
    box("horizon-value").textContent = horizon === null ? `server's own${terms ? `, ${terms.horizon} ms` : ""}` : `${horizon} ms`;
    input("delta").setAttribute("aria-valuetext", box("delta-value").textContent ?? "");
    input("horizon").setAttribute("aria-valuetext", box("horizon-value").textContent ?? "");
    const different = delta !== this.choices.delta || horizon !== this.choices.horizon;
    box("settings-note").hidden = !(different && this.connected());
    button("reconnect").hidden = !(different && this.connected());
  }

  _picked() {
    return {
      delta: DELTAS[Number(input("delta").value) - 1] ?? null,
      horizon: HORIZONS[Number(input("horizon").value) - 1] ?? null,
    };
  }

  _closed() {
    if (this._dialog.returnValue === "") return; // left with Escape: nothing was chosen
    Object.assign(this.choices, this._picked());
    remember("delta", String(this.choices.delta ?? ""));
    remember("horizon", String(this.choices.horizon ?? ""));
    this.setKey(input("settings-key").value.trim());
    this.singleKeys = input("single-keys").checked;
    remember("keys", this.singleKeys ? "" : "off");
    if (this._dialog.returnValue === "reconnect") this.reconnect();
  }
}

/** @param {string} name */
function recall(name) {
  try {
    return sessionStorage.getItem(`duetto.${name}`) ?? "";
  } catch {
    return ""; // storage is forbidden: it is remembered until the page is left
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
function remember(name, value) {
  try {
    if (value === "") sessionStorage.removeItem(`duetto.${name}`);
    else sessionStorage.setItem(`duetto.${name}`, value);
  } catch {
    // as above
  }
}
