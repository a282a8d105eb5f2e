// What the server has measured, asked for once a second while somebody looks.

const EVERY_MS = 1000;
const IDLE_MS = 2000;
const RETRY_MS = 3000;
const PATIENCE_MS = 10000;

export class Feed {
  // The last answer, its points as objects; `problem` is null, "silent" or "logged out".
  points = [];
  latest = null;
  problem = null;
  answeredAt = null;
  #url;
  #changed;
  #timer = 0;
  #running = false;
  #asking = false;

  constructor(base, changed) {
    this.#url = new URL("series", base);
    this.#changed = changed;
    document.addEventListener("visibilitychange", () => this.#ask());
  }

  start() {
    if (this.#running) return;
    this.#running = true;
    this.#ask();
  }

  stop() {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  async #ask() {
    if (!this.#running || this.#asking || document.visibilityState === "hidden") return;
    clearTimeout(this.#timer);
    this.#asking = true;
    this.problem = await this.#fetch();
    this.#asking = false;
    if (!this.#running) return;
    const pause = this.problem ? RETRY_MS : this.latest.state === "running" ? EVERY_MS : IDLE_MS;
    this.#timer = setTimeout(() => this.#ask(), pause);
    this.#changed();
  }

  async #fetch() {
    this.#url.search = new URLSearchParams({ run: this.latest?.run ?? "", since: this.points.at(-1)?.t ?? "" });
    try {
      // A login page would otherwise be followed, and read as if it were data.
      const options = { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) };
      const answer = await fetch(this.#url, options);
      if (answer.type === "opaqueredirect") return "logged out";
      if (!answer.ok) return "silent";
      this.#take(await answer.json());
      return null;
    } catch {
      return "silent";
    }
  }

  // Another number of points than the server's means that it has merged or cleared some: then all are asked for again.
  #take(answer) {
    const known = answer.run === this.latest?.run ? this.points : [];
    const named = (row) => Object.fromEntries(answer.fields.map((name, index) => [name, row[index]]));
    const points = [...known, ...answer.points.map(named)];
    this.latest = answer.total === points.length ? answer : { ...answer, run: null };
    this.points = points;
    this.answeredAt = Date.now();
  }
}
