// Requests to the page's own server, with the key where there is one, and what a refusal of it means.

import { retryAfter } from "./backoff.js";
import { Refusal } from "./session.js";

/**
 * Address of a path of the server, also behind a proxy that adds a prefix.
 * @param {string} path without a leading slash
 */
export function address(path) {
  return new URL(path, document.baseURI).href;
}

/**
 * @param {string} path
 * @param {string} key "" for none
 * @param {RequestInit} [request]
 * @returns {Promise<Response>} throws Refusal "down" when nobody answers
 */
export async function ask(path, key, request = {}) {
  const headers = new Headers(request.headers);
  if (key !== "") headers.set("Authorization", `Bearer ${key}`);
  try {
    return await fetch(address(path), { ...request, headers, credentials: "same-origin", cache: "no-store" });
  } catch {
    throw new Refusal("down", "The server could not be reached.");
  }
}

/**
 * What a response that is no success means.
 * @param {Response} response
 * @param {string} key that was sent
 * @returns {Promise<Refusal>}
 */
export async function refusal(response, key) {
  const message = await sentence(response);
  switch (response.status) {
    case 401:
    case 403:
      return new Refusal("key", key === "" ? "" : "wrong");
    case 429:
    case 503:
      return new Refusal("full", message, retryAfter(response.headers.get("Retry-After"), Date.now()));
    case 404:
    case 405:
    case 501:
      return new Refusal("impossible", message || "This server does not offer it.");
    default:
      if (response.status >= 500) return new Refusal("down", message || `The server failed (${response.status}).`);
      return new Refusal("impossible", message || `The server refused (${response.status}).`);
  }
}

/**
 * The server's own words, "" for none: of a JSON error as the protocol has it, or a short plain text.
 * @param {Response} response
 */
async function sentence(response) {
  try {
    const text = await response.text();
    if (response.headers.get("Content-Type")?.includes("json")) {
      const message = JSON.parse(text)?.error?.message;
      return typeof message === "string" ? message : "";
    }
    return text.length <= 200 && !text.includes("<") ? text.trim() : "";
  } catch {
    return "";
  }
}
