// What stands below the charts, for the whole run so far. Each builder returns null when there is nothing to say.

import { make } from "./dom.js";
import { count, number, percent } from "./format.js";

const WHERE = { handshake: "handshake", session: "open session", heartbeat: "heartbeat", http: "polling" };

export function tables({ result, meanings, workers, open_sessions: open }) {
  return [
    sessions(result, open),
    times(result),
    causes(result, meanings),
    closes(result, meanings),
    thresholds(result),
    generator(result, workers),
  ];
}

function sessions({ sessions: all, heartbeats, messages, updates_received: updates, http }, open) {
  const asked = all.opened + all.failed;
  const rows = [
    ["Open now", count(open), `at most ${count(all.peak_open)}`],
    ["Opened", count(all.opened), `of ${count(asked)} handshakes`],
    ["Handshakes failed", count(all.failed), percent(all.failed, asked)],
    ["Dropped", count(all.dropped), "ended without the page's doing"],
    ["Heartbeats sent", count(heartbeats.sent), `${count(heartbeats.unanswered)} unanswered`],
    ["Messages received", count(messages.received), `${count(messages.sent)} sent`],
    ["Updates", count(updates), `${count(messages.sequence_gaps)} never came, by their sequence numbers`],
  ];
  if (http.requests) rows.push(["Polls", count(http.requests), `${count(http.failures)} failed`]);
  return table("Sessions", [["", "text"], ["", "value"], ["", "text soft"]], rows);
}

function times(result) {
  const rows = [
    ["Handshake", result.handshake_ms],
    ["Heartbeat round trip", result.heartbeat_rtt_ms],
    ["Staleness over WebSocket", result.staleness_by_transport.websocket],
    ["Staleness by polling", result.staleness_by_transport.polling],
    ["Poll", result.poll_ms],
  ].filter(([, summary]) => summary?.count);
  const columns = ["count", "p50", "p95", "p99", "max"].map((name) => [name, "value"]);
  return table(
    "Times in ms",
    [["", "text"], ...columns],
    rows.map(([name, one]) => [name, count(one.count), ...[one.p50, one.p95, one.p99, one.max].map(number)]),
    "Nothing has been timed yet.",
  );
}

function causes({ causes: found }, meanings) {
  const rows = found.map((cause) => [
    make("div", {}, make("code", {}, cause.code), meanings[cause.code] ? make("p", {}, meanings[cause.code]) : null),
    WHERE[cause.where] ?? cause.where,
    count(cause.count),
  ]);
  const columns = [["cause", "text wide"], ["where", "text soft"], ["count", "value"]];
  const hint = rows.length ? ["wsdiag explain CODE", " says what to do."] : null;
  return table("Failures by cause", columns, rows, "Nothing has failed.", hint);
}

function closes({ sessions: all }, meanings) {
  const rows = Object.entries(all.dropped_by_close).map(([code, times]) => [
    make("code", {}, code),
    meanings[code] ?? "the application's own",
    count(times),
  ]);
  const columns = [["code", "text"], ["meaning", "text wide"], ["count", "value"]];
  return rows.length ? table("Dropped sessions by close code", columns, rows) : null;
}

function thresholds({ thresholds: judged }) {
  const rows = judged.map(({ expression, value, ok }) => [
    make("code", {}, expression),
    number(value),
    make("span", { class: ok ? "mark ok" : "mark bad" }, ok ? "✓ holds" : "✗ fails"),
  ]);
  return rows.length ? table("Thresholds", [["", "text wide"], ["now", "value"], ["", "text"]], rows) : null;
}

function generator({ generator: cost }, workers) {
  const rows = workers.map(({ name, state, users, cpu_percent: cpu, rss_mb: memory, lost }) => [
    name,
    lost ? make("span", { class: "mark bad" }, "✗ lost") : state,
    lost ? "–" : count(users),
    lost ? "–" : `${number(cpu)} %`,
    lost ? "–" : `${number(memory)} MB`,
  ]);
  const lag = cost.loop_lag_ms;
  const said = `Loop lag p50 ${number(lag.p50)} ms, p99 ${number(lag.p99)} ms, at most ${number(lag.max)} ms.`;
  const figures = ["users", "CPU", "memory"].map((name) => [name, "value"]);
  const columns = [["worker", "text wide"], ["state", "text"], ...figures];
  const hint = lag.count ? [null, said] : null;
  return table("Generator", columns, rows, "No worker has joined.", hint);
}

// columns: [heading, classes]; rows of text or nodes; hint: [command, text].
function table(title, columns, rows, empty = "", hint = null) {
  const cell = (tag) => (content, index) => make(tag, { class: columns[index][1] }, content);
  const named = columns.some(([heading]) => heading);
  const line = (tag, cells) => make("tr", {}, ...cells.map(cell(tag)));
  const head = named ? make("thead", {}, line("th", columns.map(([heading]) => heading))) : null;
  const body = make("tbody", {}, ...rows.map((row) => line("td", row)));
  const filled = make("div", { class: "scroll" }, make("table", {}, head, body));
  return make(
    "section",
    { class: "card" },
    make("h2", {}, title),
    rows.length ? filled : make("p", { class: "empty" }, empty),
    hint && make("p", { class: "hint" }, hint[0] && make("code", {}, hint[0]), hint[1]),
  );
}
