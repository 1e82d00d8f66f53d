import assert from "node:assert/strict";
import { test } from "node:test";

import { SharedLine, difference } from "../../src/duetto/server/studio/keys.js";

/** What a server makes of edits: positions are characters. */
function apply(line, edits) {
  let now = Array.from(line);
  for (const { op, text, position, count } of edits) {
    if (op === "insert") now.splice(position, 0, ...Array.from(text));
    else now.splice(position, count);
  }
  return now.join("");
}

test("one key is one insertion", () => {
  assert.deepEqual(difference("wha", "what"), [{ op: "insert", text: "t", position: 3, count: 0 }]);
});

test("a deletion in the middle says where and how much", () => {
  assert.deepEqual(difference("abcdef", "abf"), [{ op: "delete", text: "", position: 2, count: 3 }]);
});

test("a replacement is a deletion and then an insertion", () => {
  assert.deepEqual(difference("three", "thirty"), [
    { op: "delete", text: "", position: 2, count: 3 },
    { op: "insert", text: "irty", position: 2, count: 0 },
  ]);
});

test("nothing changed is no edit", () => assert.deepEqual(difference("same", "same"), []));

test("positions count characters, not 16-bit units", () => {
  assert.deepEqual(difference("👋🏽 hi", "👋🏽 hi!"), [{ op: "insert", text: "!", position: 5, count: 0 }]);
  assert.deepEqual(difference("a😀b", "ab"), [{ op: "delete", text: "", position: 1, count: 1 }]);
});

test("whatever changes, the edits lead from the one to the other", () => {
  let seed = 7;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  const letters = ["a", "b", "ä", "😀", " "];
  const word = () => Array.from({ length: random(8) }, () => letters[random(letters.length)]).join("");
  for (let round = 0; round < 3000; round += 1) {
    const [before, after] = [word(), word()];
    assert.equal(apply(before, difference(before, after)), after);
  }
});

test("a shared line tells edits, then that it was sent, and starts empty", () => {
  const sent = [];
  const line = new SharedLine((event) => sent.push(event));
  line.change("hi");
  line.submit();
  line.change("o");
  assert.deepEqual(sent.map(({ op, text }) => `${op} ${text}`), ["insert hi", "send ", "insert o"]);
  assert.ok(sent.every((event) => event.type === "duetto.key"));
});

test("after a new connection the difference to the server's line is told", () => {
  const sent = [];
  const line = new SharedLine((event) => sent.push(event));
  line.change("what is");
  line.restart("what");
  line.change("what is");
  assert.equal(sent.at(-1).text, " is");
});
