// One chart of lines over the time since the run's start. The cursor is shared: all charts show the same moment.

import { draw, make } from "./dom.js";
import { clock, NONE, timeOfDay } from "./format.js";
import { linear, logarithmic, prefersLog, timeTicks } from "./scale.js";

const MARGIN = { left: 52, right: 12, top: 18, bottom: 22 };
const SHORTEST_S = 10;

export class Cursor extends EventTarget {
  t = null;
  startedMs = null;

  move(t) {
    this.t = t;
    this.dispatchEvent(new Event("move"));
  }
}

export class Chart {
  #spec;
  #cursor;
  #times = [];
  #lines = [];
  #hidden = new Set();
  #keys = new Map();
  #log = false;
  #frame = null;
  #marks = draw("g");

  // spec: title, unit, about, empty, integers, times (whether a logarithmic axis may be chosen), show(value).
  constructor(spec, cursor) {
    this.#spec = spec;
    this.#cursor = cursor;
    this.unit = make("span", { class: "unit" }, spec.unit);
    this.legend = make("div", { class: "legend" });
    this.plot = draw("svg", { class: "plot", role: "img", tabindex: 0, "aria-label": spec.title });
    this.empty = make("p", { class: "empty" }, spec.empty);
    const caption = make("figcaption", { title: spec.about }, make("h2", {}, spec.title), this.unit);
    this.element = make("figure", { class: "chart" }, caption, this.legend, this.plot, this.empty);
    this.plot.addEventListener("pointermove", (event) => this.#point(event));
    this.plot.addEventListener("pointerleave", () => cursor.move(null));
    this.plot.addEventListener("keydown", (event) => this.#step(event));
    this.plot.addEventListener("blur", () => cursor.move(null));
    cursor.addEventListener("move", () => this.#mark());
    new ResizeObserver(() => requestAnimationFrame(() => this.#render())).observe(this.plot);
  }

  // lines: {key, colour, dash, area, values}, as many values as times, null where nothing was measured.
  update(times, lines) {
    this.#times = times;
    this.#lines = lines.filter((line) => line.values.some((value) => value !== null));
    this.element.classList.toggle("nothing", !this.#lines.length);
    this.#render();
  }

  #point(event) {
    const at = event.clientX - this.plot.getBoundingClientRect().left;
    if (!this.#frame) return;
    const distance = (t) => Math.abs(this.#frame.x(t) - at);
    this.#cursor.move(this.#times.reduce((best, t) => (distance(t) < distance(best) ? t : best)));
  }

  #step(event) {
    const last = this.#times.length - 1;
    const here = this.#cursor.t === null ? last : this.#times.indexOf(this.#cursor.t);
    const moves = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: last };
    if (event.key === "Escape") this.#cursor.move(null);
    if (!(event.key in moves) || last < 0) return;
    event.preventDefault();
    this.#cursor.move(this.#times[Math.min(Math.max(moves[event.key], 0), last)]);
  }

  #render() {
    const { clientWidth: width, clientHeight: height } = this.plot;
    const visible = this.#lines.filter((line) => !this.#hidden.has(line.key));
    const values = visible.flatMap((line) => line.values.filter((value) => value !== null));
    this.#log = Boolean(this.#spec.times) && prefersLog(values, this.#log);
    this.unit.textContent = this.#log ? `${this.#spec.unit}, logarithmic` : this.#spec.unit;
    if (width && this.#times.length) this.#paint(visible, values, width, height);
    this.#mark();
  }

  #paint(visible, values, width, height) {
    const from = Math.min(this.#times[0], this.#times[0] < SHORTEST_S ? 0 : Infinity);
    const until = Math.max(this.#times.at(-1), from + SHORTEST_S);
    const [left, right, bottom] = [MARGIN.left, width - MARGIN.right, height - MARGIN.bottom];
    const scale = this.#log ? logarithmic(values) : linear(values, this.#spec);
    const x = (t) => left + ((t - from) / (until - from)) * (right - left);
    const y = (value) => bottom - scale.of(value) * (bottom - MARGIN.top);
    this.#frame = { visible, x, y, bottom, right };
    this.plot.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.plot.replaceChildren(
      ...scale.ticks.flatMap((value) => [
        draw("line", { class: "grid", x1: left, x2: right, y1: y(value), y2: y(value) }),
        draw("text", { class: "tick", x: left - 8, y: y(value) + 4, "text-anchor": "end" }, this.#spec.show(value)),
      ]),
      ...timeTicks(from, until, (right - left) / 64).map((t) =>
        draw("text", { class: "tick", x: x(t), y: height - 5, "text-anchor": "middle" }, clock(t)),
      ),
      ...visible.flatMap((line) => this.#trace(line, x, y, bottom)),
      this.#marks,
    );
  }

  #trace({ colour, dash, area, values }, x, y, bottom) {
    const runs = [];
    values.forEach((value, index) => {
      if (value === null) return;
      if (index === 0 || values[index - 1] === null) runs.push([]);
      runs.at(-1).push([x(this.#times[index]).toFixed(1), y(value).toFixed(1)]);
    });
    const through = (points) => points.map((point) => point.join(" ")).join("L");
    const path = (kind, d, more = {}) => draw("path", { class: `${kind} ${colour}`, d, ...more });
    const below = runs.map((points) => `M${points[0][0]} ${bottom}L${through(points)}V${bottom}Z`).join("");
    const line = runs.filter((points) => points.length > 1).map((points) => `M${through(points)}`).join("");
    // A value alone between two gaps: a line of no length, whose round ends make a dot.
    const lone = runs.filter((points) => points.length === 1).map((points) => `M${through(points)}h0`).join("");
    const shown = [path("line", line, { "stroke-dasharray": dash ?? null }), path("lone", lone)];
    return area ? [path("area", below), ...shown] : shown;
  }

  // Only what the cursor changes: the lines of a long run are not drawn anew with each move.
  #mark() {
    const { t, startedMs } = this.#cursor;
    const index = t === null ? -1 : this.#times.indexOf(t);
    this.#label(index);
    this.#marks.replaceChildren(...(index < 0 || !this.#frame ? [] : this.#moment(index, t, startedMs)));
  }

  #moment(index, t, startedMs) {
    const { visible, x, y, bottom, right } = this.#frame;
    const at = x(t);
    const when = startedMs === null ? clock(t) : `${clock(t)} · ${timeOfDay(startedMs + t * 1000)}`;
    const anchor = at > right - 60 ? "end" : at < MARGIN.left + 60 ? "start" : "middle";
    return [
      draw("line", { class: "cursor", x1: at, x2: at, y1: MARGIN.top - 4, y2: bottom }),
      draw("text", { class: "when", x: at, y: 10, "text-anchor": anchor }, when),
      ...visible
        .filter((line) => line.values[index] !== null)
        .map((line) => draw("circle", { class: `dot ${line.colour}`, cx: at, cy: y(line.values[index]), r: 4 })),
    ];
  }

  // The legend names each line with its value: at the cursor, or the last one there was.
  #label(index) {
    const said = this.#lines.map((line) => {
      const value = index < 0 ? (line.values.findLast((one) => one !== null) ?? null) : line.values[index];
      const shown = value === null ? NONE : this.#spec.show(value);
      const key = this.#key(line);
      key.button.setAttribute("aria-pressed", String(!this.#hidden.has(line.key)));
      key.value.textContent = shown;
      return `${line.key} ${shown}`;
    });
    // Only when lines come or go: a button that is put in anew loses the focus.
    const buttons = this.#lines.map((line) => this.#key(line).button);
    const there = [...this.legend.children];
    if (there.length !== buttons.length || buttons.some((button) => !there.includes(button))) {
      this.legend.replaceChildren(...buttons);
    }
    const { title, unit, empty } = this.#spec;
    this.plot.setAttribute("aria-label", `${title}, ${unit}: ${said.join(", ") || empty}`);
  }

  #key({ key, colour, dash }) {
    if (this.#keys.has(key)) return this.#keys.get(key);
    const stroke = draw("path", { class: `line ${colour}`, d: "M1 5H21", "stroke-dasharray": dash ?? null });
    const sample = draw("svg", { class: "sample", viewBox: "0 0 22 10", "aria-hidden": "true" }, stroke);
    const value = make("b");
    const button = make("button", { type: "button", title: "Show or hide this line" }, sample, `${key} `, value);
    button.addEventListener("click", () => {
      if (!this.#hidden.delete(key)) this.#hidden.add(key);
      this.#render();
    });
    this.#keys.set(key, { button, value });
    return this.#keys.get(key);
  }
}
