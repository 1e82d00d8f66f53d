// The WebSocket way: text both ways, where WebRTC is not possible or no microphone is there.

import { address, ask, refusal } from "./http.js";
import { Refusal } from "./session.js";
import { decode } from "./wire.js";

/** @typedef {import("./session.js").Ears} Ears */
/** @typedef {import("./session.js").Link} Link */

const OPEN_WITHIN_MS = 10_000;
/** Close codes: 1013 try again later; 3000 and 4401 unauthorised; 1008 policy, which a server uses for both. */
const FULL = 1013;
const UNAUTHORISED = [3000, 4401];

/**
 * Opens `/v1/realtime`. Throws Refusal.
 * @param {string} key "" for none
 * @param {Ears} ears
 * @param {string} back the session that is to be resumed, "" for a new one
 * @returns {Promise<Link>}
 */
export async function openSocket(key, ears, back) {
  const secret = await clientSecret(key);
  const url = new URL(address("v1/realtime?model=duetto&duetto=1"));
  if (back !== "") url.searchParams.set("resume", back);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const protocols = secret === "" ? ["realtime"] : ["realtime", `openai-insecure-api-key.${secret}`];
  const socket = new WebSocket(url, protocols);
  return new Promise((resolve, reject) => {
    let opened = false;
    let said = "";
    const late = setTimeout(() => socket.close(), OPEN_WITHIN_MS);
    socket.onopen = () => {
      opened = true;
      clearTimeout(late);
      resolve({
        send: (event) => {
          if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(event));
        },
        close: () => socket.close(1000),
      });
    };
    socket.onmessage = (message) => {
      const event = decode(message.data);
      if (event === null) return;
      if (event.type === "error") said = String(event["error"]?.message ?? "");
      ears.event(event);
    };
    socket.onclose = (closing) => {
      clearTimeout(late);
      if (!opened) reject(new Refusal("down", "The server could not be reached."));
      else if (closing.code === FULL) ears.lost(said || "The server is full.");
      else if (UNAUTHORISED.includes(closing.code)) ears.lost("The server wants a key.");
      else ears.lost("");
    };
  });
}

/**
 * A short-lived secret for the address line of a WebSocket, so that the key itself is not in it; the key where the
 * server gives out none. It also says clearly what a refused WebSocket does not: whether a key is wanted.
 * @param {string} key
 */
async function clientSecret(key) {
  const response = await ask("v1/realtime/client_secrets", key, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ session: { type: "realtime" } }),
  });
  if (response.status === 404 || response.status === 405 || response.status === 501) return key;
  if (!response.ok) throw await refusal(response, key);
  const value = (await response.json().catch(() => null))?.value;
  return typeof value === "string" ? value : key;
}
