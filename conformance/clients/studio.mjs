// Talks to the page at / as a person would: presses its buttons, types into its line, reads what stands there, listens.

import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const { DUETTO_BROWSER, DUETTO_HTTP } = process.env;
const PATIENCE_MS = 45_000; // once round the files
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const tell = (told) => process.stdout.write(`${JSON.stringify(told)}\n`);

async function ask(wants) {
  tell({ wants });
  await answers.next();
}

const browser = await chromium.launch({
  executablePath: DUETTO_BROWSER,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--use-file-for-fake-audio-capture=microphone.wav",
    "--use-file-for-fake-video-capture=camera.mjpeg",
  ],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
const problems = [];
page.on("pageerror", (error) => problems.push(error.stack ?? `${error}`));
await page.addInitScript(() => {
  // What the server tells over data channels is noted besides.
  window.told = [];
  const listen = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (...given) {
    const channel = listen.apply(this, given);
    channel.addEventListener("message", ({ data }) => window.told.push(JSON.parse(data)));
    return channel;
  };
});

const written = (who) =>
  page.$$eval(`#transcript li${who} .text`, (entries) => entries.map((entry) => entry.textContent.replace(/\s+/g, " ").trim()));
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

async function until(condition, what) {
  const since = performance.now();
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (performance.now() - since > PATIENCE_MS) throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// Until an entry of the transcript says that. who: a selector of entries.
const reads = (who, pattern) => until(async () => (await written(who)).find((text) => pattern.test(text)), `${pattern}`);

// How loud duetto is in the page, largest sample of the last 50 ms.
const loudness = () =>
  page.evaluate(async () => {
    const { srcObject } = document.getElementById("voice");
    if (srcObject === null) return 0;
    if (window.ear?.of !== srcObject) {
      const context = new AudioContext();
      const analyser = new AnalyserNode(context, { fftSize: 2048 });
      context.createMediaStreamSource(srcObject).connect(analyser);
      window.ear = { of: srcObject, analyser };
    }
    const samples = new Float32Array(window.ear.analyser.fftSize);
    window.ear.analyser.getFloatTimeDomainData(samples);
    return Math.max(...samples.map(Math.abs));
  });

const hears = (what) => until(async () => (await loudness()) > 0.02, what);

async function type(text) {
  await page.locator("#line").pressSequentially(text, { delay: 60 });
}

async function step(name, work) {
  const since = performance.now();
  let told;
  try {
    told = { step: name, ok: true, detail: (await work()) ?? "" };
  } catch (error) {
    told = { step: name, ok: false, detail: `${error.message} [${(await written("")).join(" | ")}]` };
  }
  await page.screenshot({ path: `${name}.png` });
  tell({ ...told, detail: `${told.detail} (${seconds(since)})` });
}

await page.goto(`http://${DUETTO_HTTP}/`);
await page.screenshot({ path: "start.png" });
await page.locator("#with-camera").check();
await page.locator("#start").click();

await step("connect", async () => void (await until(() => page.locator("#send").isEnabled(), "a connection")));
await step("heard", () => reads(".user", /twelve times seven/i));
await step("answer", async () => {
  await hears("duetto's voice");
  return reads(".duetto", /eighty.four|84/i);
});
await step("seen", async () => {
  await reads(".user", /comes in/i);
  await reads(".duetto", /^\W*hello/i);
  await hears("duetto's voice");
});
await step("typed", async () => {
  const before = await page.evaluate(() => window.told.length);
  await type("what is seven times eight");
  // It is read while it is typed: nothing has been sent yet.
  const keys = await until(
    () => page.evaluate((from) => window.told.slice(from).filter((event) => JSON.stringify(event).includes('"keys"')).length, before),
    "what is typed, as the server reads it",
  );
  await page.keyboard.press("Enter");
  await reads(".duetto", /fifty.six|56/i);
  return `${keys} times before it was sent`;
});
await step("lost", async () => {
  await ask("down");
  await until(() => page.locator("body[data-phase=lost]").count(), "word that the connection is lost");
  return page.locator("#phase-detail").textContent();
});
await step("back", async () => {
  await ask("up");
  const since = performance.now();
  await until(() => page.locator("#send").isEnabled(), "a connection");
  const connected = seconds(since);
  await type("what is two plus three");
  await page.keyboard.press("Enter");
  await hears("duetto's voice");
  await reads(".duetto", /\bfive\b|\b5\b/i);
  if (problems.length) throw new Error(problems.join("; "));
  return `connected ${connected} after the server was up`;
});
await browser.close();
process.exit(0);
