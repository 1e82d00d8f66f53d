// The elements of the page, by their names, with their types.

/**
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} "${id}"`);
  return found;
}

/** @param {string} id */
export const button = (id) => element(id, HTMLButtonElement);
/** @param {string} id */
export const input = (id) => element(id, HTMLInputElement);
/** @param {string} id */
export const box = (id) => element(id, HTMLElement);

/**
 * Mark the body with `data-name`, or not.
 * @param {string} name
 * @param {boolean | string} value
 */
export function mark(name, value) {
  if (value === false) delete document.body.dataset[name];
  else document.body.dataset[name] = value === true ? "" : value;
}

let hiding = 0;

/**
 * A sentence that is read aloud and goes by itself.
 * @param {string} text
 */
export function toast(text) {
  const place = box("toast");
  place.textContent = text;
  place.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => {
    place.hidden = true;
  }, 6000);
}

/**
 * Say something to those who listen to the page, and show nothing.
 * @param {string} text
 */
export function announce(text) {
  const place = box("say-status");
  if (place.textContent !== text) place.textContent = text;
}
