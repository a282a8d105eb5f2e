// The silent way out of the incident, made visible: REST polling while there is no socket.

export class Polling {
  count = 0;
  error = null;
  #timer = null;

  /** `show({ bots, services })` is called with every good answer, `changed()` with every one. */
  constructor(config, { show, changed }) {
    this.config = config;
    this.show = show;
    this.changed = changed;
  }

  get active() {
    return this.#timer !== null;
  }

  start() {
    if (this.active) return;
    this.#timer = setInterval(() => this.once(), this.config.pollIntervalMs);
    this.once();
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = null;
    this.error = null;
  }

  async once() {
    try {
      const [{ bots }, { services }] = await Promise.all([this.#get("/api/bots"), this.#get("/api/health")]);
      this.count += 1;
      this.error = null;
      this.show({ bots, services });
    } catch (error) {
      this.error = error.message;
    }
    this.changed();
  }

  async #get(path) {
    const response = await fetch(path, { signal: AbortSignal.timeout(this.config.connectTimeoutMs) });
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return response.json();
  }
}
