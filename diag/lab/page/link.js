// The page's side of the socket: when to try again, when to give up, and how to notice that nobody is there any more.

const STABLE_MS = 2000; // a session that lives this long resets the count of failures; an accepted one alone does not
const POLICY_VIOLATION = 1008; // the server does not want this client, so trying again by itself cannot help

export class Link {
  socket = null;
  isOpen = false;
  failures = 0;
  retryAt = null;
  lastClose = null;
  rttMs = null;
  #heardAt = 0;
  #pending = new Map();
  #timers = {};

  /** `events` has `changed()` and `message(object)`. */
  constructor(url, config, events) {
    this.url = url;
    this.config = config;
    this.events = events;
  }

  get gaveUp() {
    return this.failures >= this.config.reconnectAttempts || this.lastClose?.code === POLICY_VIOLATION;
  }

  /** For how long the oldest unanswered heartbeat has waited, in milliseconds; 0 when none does. */
  get unansweredMs() {
    const [oldest = Date.now()] = this.#pending.values();
    return Date.now() - oldest;
  }

  connect() {
    clearTimeout(this.#timers.retry);
    this.retryAt = null;
    try {
      this.socket = new WebSocket(this.url);
    } catch (error) {
      this.#lost({ code: null, reason: error.message });
      return;
    }
    const socket = this.socket;
    const ifCurrent = (react) => (event) => socket === this.socket && react(event);
    socket.onopen = ifCurrent(() => this.#opened());
    socket.onmessage = ifCurrent((event) => this.#received(JSON.parse(event.data)));
    socket.onclose = ifCurrent((event) => this.#lost(event));
    // A proxy that leaves the upgrade unanswered never makes the browser fail: only this timer does.
    this.#timers.connect = setTimeout(() => this.#abandon("no answer in time"), this.config.connectTimeoutMs);
    this.events.changed();
  }

  retryNow() {
    const socket = this.socket;
    this.socket = null;
    this.#stopTimers();
    socket?.close();
    this.failures = 0;
    this.lastClose = null;
    this.connect();
  }

  #opened() {
    clearTimeout(this.#timers.connect);
    this.isOpen = true;
    this.rttMs = null;
    this.#pending.clear();
    this.#heardAt = Date.now();
    this.#timers.stable = setTimeout(() => (this.failures = 0), STABLE_MS);
    this.#timers.beat = setInterval(() => this.#beat(), this.config.heartbeatIntervalMs);
    this.#beat();
    this.events.changed();
  }

  #received(message) {
    this.#heardAt = Date.now();
    if (message.type === "connection:pong" && this.#pending.has(message.correlationId)) {
      this.rttMs = Date.now() - this.#pending.get(message.correlationId);
      this.#pending.clear();
    }
    this.events.message(message);
  }

  #beat() {
    if (Date.now() - this.#heardAt > this.config.heartbeatIntervalMs + this.config.heartbeatTimeoutMs) {
      this.#abandon("heartbeat timeout");
      return;
    }
    const timestamp = Date.now();
    const messageId = newId();
    this.#pending.set(messageId, timestamp);
    this.socket.send(JSON.stringify({ type: "connection:ping", data: { timestamp }, timestamp, messageId }));
  }

  /** Ends a socket whose own close event may come late or never. */
  #abandon(reason) {
    const socket = this.socket;
    this.#lost({ code: null, reason });
    socket.close();
  }

  #lost({ code, reason }) {
    this.socket = null;
    this.isOpen = false;
    this.#stopTimers();
    this.failures += 1;
    this.lastClose = { code, reason, at: new Date() };
    if (code !== POLICY_VIOLATION) this.#retryLater();
    this.events.changed();
  }

  #retryLater() {
    const { reconnectIntervalMs, reconnectMaxIntervalMs } = this.config;
    const full = Math.min(reconnectMaxIntervalMs, reconnectIntervalMs * 2 ** (this.failures - 1));
    const delay = full * (0.8 + 0.2 * Math.random()); // the clients of a restarted server must not return as one
    this.retryAt = Date.now() + delay;
    this.#timers.retry = setTimeout(() => this.connect(), delay);
  }

  #stopTimers() {
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#timers = {};
  }
}

/** crypto.randomUUID exists in secure contexts only, and a page opened by its address is none. */
function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
