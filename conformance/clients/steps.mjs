// The talk that every JavaScript client holds, step by step, in Node as in a browser. See steps.py, which it mirrors.

export const TIMER = {
  type: "function",
  name: "set_timer",
  description: "Set a timer.",
  parameters: { type: "object", properties: { minutes: { type: "integer" } }, required: ["minutes"] },
};
const TIMER_SET = "the timer runs";
const BLOCK_MS = 40;
const LOUD = 400;
const PATIENCE_MS = 20_000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const words = (text) => (text ?? "").toLowerCase().split(/\s+/).filter(Boolean);

export class Talk {
  // report: takes each step. load: gives the samples (Int16Array) of what is to be said.
  // signals: the protocol tells its client when to stop playing.
  constructor({ report, load, rate = 24_000, signals = true }) {
    Object.assign(this, { report, load, rate, signals });
    this.user = "";
    this.agent = "";
    this.loud = 0; // seconds of speech so far
    this.lastLoud = 0;
    this.stops = [];
    this.calls = [];
    this.problems = [];
    this.isConnected = false;
    this.queue = [];
  }

  // --- what the client sees ---------------------------------------------------------------------------------------

  connected() {
    this.isConnected = true;
  }

  heard(text) {
    this.user = [...words(this.user), ...words(text)].join(" ");
  }

  said(text) {
    this.agent = [...words(this.agent), ...words(text)].join(" ");
  }

  // samples: Int16Array of the answer
  sound(samples, rate = 24_000) {
    for (let first = 0; first < samples.length; first += 240) {
      const block = samples.subarray(first, first + 240);
      if (block.some((sample) => Math.abs(sample) > LOUD)) this.speaks(block.length / rate);
    }
  }

  speaks(seconds) {
    this.loud += seconds;
    this.lastLoud = performance.now();
  }

  stopped() {
    this.stops.push(performance.now());
  }

  called(given) {
    this.calls.push(given);
    return TIMER_SET;
  }

  trouble(what) {
    this.problems.push(what instanceof Error ? `${what.name}: ${what.message}` : JSON.stringify(what));
  }

  // --- the talk ---------------------------------------------------------------------------------------------------

  // send: takes 40 ms of sound; without it `say` says a whole text by itself.
  async hold({ send, say, close }) {
    this.saying = say;
    if (!(await this.step("connect", () => this.connect()))) return;
    const microphone = send ? this.microphone(send) : null;
    await this.step("transcript", () => this.transcript());
    await this.step("answer", () => this.answer());
    await this.step("interrupt", () => this.interrupt());
    await this.step("tool", () => this.tool());
    clearInterval(microphone);
    await this.step("close", () => this.close(close));
  }

  async connect() {
    await this.until(() => this.isConnected, "the connection");
    return "";
  }

  async transcript() {
    await sleep(500); // nobody speaks in the moment in which they are connected
    await this.say("sum");
    await this.until(() => this.user.includes("twelve") && this.user.includes("seven"), "the user's words");
    return this.user;
  }

  async answer() {
    await this.until(() => this.agent.includes("eighty") && this.loud > 0.5, "the answer");
    await this.quiet();
    return `'${this.agent}', ${this.loud.toFixed(1)} s of speech`;
  }

  async interrupt() {
    const [agent, loud] = [this.agent.length, this.loud];
    await this.say("count");
    await this.until(() => this.loud - loud > 1, "a long answer");
    const [stops, began] = [this.stops.length, performance.now()];
    await this.say("over");
    if (this.signals) await this.until(() => this.stops.length > stops, "the word that playing is to stop");
    await this.until(() => this.agent.slice(agent).includes("noon"), "the answer to what was said over it");
    await this.quiet();
    const said = this.agent.slice(agent).trim();
    if (said.includes("nineteen")) throw new Error(`it spoke on: '${said}'`);
    const after = this.signals ? (this.stops[stops] - began).toFixed(0) : "";
    return (this.signals ? `told to stop ${after} ms after it was spoken over; ` : "") + `'${said}'`;
  }

  async tool() {
    const [agent, loud] = [this.agent.length, this.loud];
    await this.say("timer");
    await this.until(() => this.calls.length, "a call of the function");
    const said = () => this.agent.slice(agent).trim();
    await this.until(() => said().includes("timer is set") && this.loud > loud, "the reply to its outcome");
    await this.quiet();
    if (this.calls.length !== 1) throw new Error(`called ${this.calls.length} times`);
    if (said().split("timer is set").length !== 2) throw new Error(`said more than once: '${said()}'`);
    return `${JSON.stringify(this.calls[0])} -> '${said()}'`;
  }

  async close(close) {
    const late = sleep(PATIENCE_MS).then(() => Promise.reject(new Error(`not closed within ${PATIENCE_MS / 1000} s`)));
    await Promise.race([close(), late]);
    if (this.problems.length) throw new Error(this.problems.slice(0, 4).join("; "));
    return "";
  }

  async step(step, work) {
    try {
      this.report({ step, ok: true, detail: await work() });
      return true;
    } catch (error) {
      const seen = `[heard '${this.user}', said '${this.agent}']`;
      this.report({ step, ok: false, detail: `${error?.name}: ${error?.message} ${seen}` });
      return false;
    }
  }

  // --- sound and time ---------------------------------------------------------------------------------------------

  async say(name) {
    if (this.saying) return this.saying(name);
    const samples = await this.load(name, this.rate);
    const size = (this.rate * BLOCK_MS) / 1000;
    for (let first = 0; first < samples.length; first += size) {
      const block = new Int16Array(size);
      block.set(samples.subarray(first, first + size));
      this.queue.push(block);
    }
    await this.until(() => !this.queue.length, "its own speech");
  }

  // A microphone is never still: what is to be said, else a little noise.
  microphone(send) {
    const size = (this.rate * BLOCK_MS) / 1000;
    const began = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      for (; began + sent * BLOCK_MS <= performance.now(); sent += 1) {
        const noise = Int16Array.from({ length: size }, () => Math.round(Math.random() * 16 - 8));
        try {
          send(this.queue.shift() ?? noise);
        } catch (error) {
          clearInterval(timer);
          this.trouble(error);
          return;
        }
      }
    }, BLOCK_MS / 4);
    return timer;
  }

  async until(condition, what) {
    const end = performance.now() + PATIENCE_MS;
    while (!condition()) {
      if (performance.now() > end) throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`);
      await sleep(20);
    }
  }

  quiet() {
    return this.until(() => performance.now() - this.lastLoud > 1000, "silence");
  }
}
