// Runs a page with a stock client in Chromium: node browser.mjs page_….mjs. The page talks to the server by itself.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename } from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { HTTP, SPEECH, keep, report } from "./node.mjs";

const { DUETTO_BROWSER, DUETTO_PAGE_PORT } = process.env;
const here = import.meta.dirname;
const bundled = await build({
  entryPoints: [`${here}/${process.argv[2]}`],
  bundle: true,
  format: "esm",
  platform: "browser",
  write: false,
  logLevel: "error",
});
const served = createServer((request, response) => {
  const name = basename(request.url);
  if (name.endsWith(".wav")) response.end(readFileSync(`${SPEECH}/${name}`));
  else if (name === "page.mjs") {
    response.setHeader("content-type", "text/javascript");
    response.end(bundled.outputFiles[0].text);
  } else {
    response.setHeader("content-type", "text/html");
    response.end('<!doctype html><meta charset="utf-8"><title>conformance</title><script type="module" src="/page.mjs"></script>');
  }
});
await new Promise((resolve) => served.listen(Number(DUETTO_PAGE_PORT), "127.0.0.1", resolve));

// What the application's own server does for a page: it gets a secret that only begins a conversation.
const made = await fetch(`http://${HTTP}/v1/realtime/client_secrets`, {
  method: "POST",
  headers: { authorization: "Bearer none", "content-type": "application/json" },
  body: JSON.stringify({ session: { type: "realtime", model: "duetto" } }),
});
const secret = (await made.json()).value;

const browser = await chromium.launch({
  executablePath: DUETTO_BROWSER,
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--autoplay-policy=no-user-gesture-required"],
});
const page = await browser.newPage();
page.on("console", (message) => process.stderr.write(`${message.text()}\n`));
page.on("pageerror", (error) => process.stderr.write(`${error.stack}\n`));
await page.exposeFunction("report", report);
await page.exposeFunction("keep", keep);
const over = new Promise((resolve) => page.exposeFunction("over", resolve));
await page.addInitScript((given) => Object.assign(window, given), { duetto: { server: `http://${HTTP}`, secret } });
await page.goto(`http://127.0.0.1:${DUETTO_PAGE_PORT}/`);
await over;
await browser.close();
process.exit(0);
