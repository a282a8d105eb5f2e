// The whole view, wherever it stands: in Locust's tab or on a page of its own.

import { Chart, Cursor } from "./chart.js";
import { CHARTS } from "./charts.js";
import { make, refresh } from "./dom.js";
import { Feed } from "./feed.js";
import { clock, count, number, timeOfDay } from "./format.js";
import { tables } from "./tables.js";
import { tiles } from "./tiles.js";

const WINDOWS = [["Whole run", Infinity], ["10 min", 600], ["1 min", 60]];
const SATURATED =
  "The load generator itself was too busy: what it measured then is worse than the target. " +
  "Use fewer users per worker, or more workers.";

export class Panel {
  #feed;
  #cursor = new Cursor();
  #charts;
  #window = Infinity;

  // base: the URL of /wsdiag/.
  constructor(base) {
    this.#feed = new Feed(base, () => this.#update());
    this.#charts = CHARTS.map((spec) => [spec, new Chart(spec, this.#cursor)]);
    this.state = make("p", { class: "state" }, "…");
    this.banners = make("div", { class: "banners", role: "status" });
    this.coming = coming();
    this.tiles = make("dl", { class: "tiles" });
    this.tables = make("div", { class: "tables" });
    const download = make("a", { href: new URL("result.json", base), download: true }, "Result so far (JSON)");
    this.controls = make("div", { class: "controls", hidden: true }, this.#windows(), download);
    const bar = make("div", { class: "bar" }, this.state, this.controls);
    const charts = make("div", { class: "charts" }, ...this.#charts.map(([, chart]) => chart.element));
    this.measured = make("div", { class: "measured", hidden: true }, this.tiles, charts, this.tables);
    const parts = [bar, this.banners, this.coming, this.measured];
    this.element = make("section", { class: "wsdiag", "aria-label": "WebSocket" }, ...parts);
  }

  start() {
    this.#feed.start();
  }

  stop() {
    this.#feed.stop();
  }

  #windows() {
    const buttons = WINDOWS.map(([name, seconds]) => {
      const button = make("button", { type: "button", "aria-pressed": String(seconds === this.#window) }, name);
      button.addEventListener("click", () => {
        this.#window = seconds;
        buttons.forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
        this.#update();
      });
      return button;
    });
    return make("div", { class: "windows", role: "group", "aria-label": "Time shown" }, ...buttons);
  }

  #update() {
    const { latest, points } = this.#feed;
    const warnings = this.#warnings();
    refresh(this.banners, warnings, () => warnings.map((text) => make("p", {}, `▲ ${text}`)));
    if (!latest) return;
    const { result } = latest;
    this.state.textContent = this.#state();
    this.coming.hidden = Boolean(result);
    this.measured.hidden = this.controls.hidden = !result;
    if (!result) return;
    refresh(this.tiles, [result, points.at(-1), latest.open_sessions], () => tiles(latest, points.at(-1)));
    refresh(this.tables, [result, latest.workers, latest.open_sessions], () => tables(latest));
    this.#cursor.startedMs = latest.started_ms;
    const from = (points.at(-1)?.t ?? 0) - this.#window;
    const shown = points.filter((point) => point.t >= from);
    const times = shown.map((point) => point.t);
    for (const [spec, chart] of this.#charts) chart.update(times, spec.lines(shown, points));
  }

  #state() {
    const { latest, points } = this.#feed;
    const { result, state, workers, started_ms: started } = latest;
    if (!result) return "No test has run yet.";
    const since = started === null ? "" : `, started at ${timeOfDay(started)}`;
    const lasted = clock(points.at(-1)?.t ?? 0);
    const by = workers.length > 1 ? `, ${workers.length} workers` : "";
    const said = { running: "Running", spawning: "Starting users", cleanup: "Stopping", stopping: "Stopping" };
    const ended = result.ended === "aborted" ? `Aborted by ${result.aborted_by}` : "Stopped";
    return `${said[state] ?? ended}: ${lasted}${since}${by}`;
  }

  #warnings() {
    const { latest, problem, answeredAt } = this.#feed;
    const warnings = [];
    if (problem === "logged out") warnings.push("You are logged out. Reload the page to log in again.");
    if (problem === "silent") {
      const old = answeredAt ? ` The figures are those of ${timeOfDay(answeredAt)}.` : "";
      warnings.push(`Locust does not answer.${old}`);
    }
    const result = latest?.result;
    if (result?.generator.saturated) {
      warnings.push(`${SATURATED} (Loop lag: up to ${number(result.generator.loop_lag_ms.max)} ms.)`);
    }
    if (result?.workers.lost) {
      const lost = result.workers.lost === 1 ? "A worker was lost" : `${count(result.workers.lost)} workers were lost`;
      warnings.push(`${lost} during this run. What was measured there until then still counts; open sessions do not.`);
    }
    return warnings;
  }
}

function coming() {
  const charts = CHARTS.flatMap(({ title, about }) => [make("dt", {}, title), make("dd", {}, about)]);
  const said = make("p", {}, "Start a test, and every second this shows:");
  return make("div", { class: "coming", hidden: true }, said, make("dl", {}, ...charts));
}
