// Which charts there are, and which lines are in them. Where both are compared, WebSocket is blue and polling orange.

import { count, number } from "./format.js";

const CAUSE_COLOURS = ["red", "blue", "amber", "purple", "teal", "green"];
const OTHER = "other causes";
const DASH = "5 4";

const line = (key, field, colour, points, more = {}) => {
  return { key, colour, values: points.map((point) => point[field]), ...more };
};

export const CHARTS = [
  {
    title: "Open sessions",
    unit: "and users",
    about: "Sockets that are open, beside the users there are.",
    empty: "No users yet.",
    integers: true,
    show: count,
    lines: (points) => [
      line("open", "open_sessions", "blue", points, { area: true }),
      line("users", "users", "grey", points, { dash: DASH }),
    ],
  },
  {
    title: "Handshake failures by cause",
    unit: "per second",
    about: "Handshakes that did not open, by the code that wsdiag explain knows, and sessions that were lost.",
    empty: "No handshake has failed, and no session was dropped.",
    show: number,
    lines: failures,
  },
  {
    title: "Heartbeat round trip",
    unit: "ms",
    about: "From the intended time of sending to the answer's arrival.",
    empty: "No heartbeat has been answered yet.",
    times: true,
    show: number,
    lines: (points) => [
      line("p50", "heartbeat_p50_ms", "blue", points),
      line("p95", "heartbeat_p95_ms", "green", points),
      line("p99", "heartbeat_p99_ms", "red", points),
    ],
  },
  {
    title: "Staleness of updates",
    unit: "ms",
    about: "How old the page's data is: over WebSocket against polling.",
    empty: "No update has come yet.",
    times: true,
    show: number,
    lines: (points) => [
      line("WebSocket p50", "staleness_websocket_p50_ms", "blue", points),
      line("WebSocket p95", "staleness_websocket_p95_ms", "blue", points, { dash: DASH }),
      line("polling p50", "staleness_polling_p50_ms", "amber", points),
      line("polling p95", "staleness_polling_p95_ms", "amber", points, { dash: DASH }),
    ],
  },
  {
    title: "Traffic",
    unit: "per second",
    about: "Messages received, polls, and handshakes that opened.",
    empty: "Nothing has been received yet.",
    show: number,
    lines: (points) => [
      ...used("messages", "messages_per_s", "blue", points, { area: true }),
      ...used("polls", "polls_per_s", "amber", points),
      ...used("handshakes", "opened_per_s", "grey", points, { dash: DASH }),
    ],
  },
  {
    title: "Loop lag of the generator, p99",
    unit: "ms",
    about: "How busy the generator itself is. A large value makes all other times too large.",
    empty: "Not measured yet.",
    show: number,
    lines: (points) => [line("loop lag", "loop_lag_p99_ms", "purple", points, { area: true })],
  },
];

// A line only where it was ever above zero: a run without polling users has none of polls.
function used(key, field, colour, points, more) {
  return points.some((point) => point[field] > 0) ? [line(key, field, colour, points, more)] : [];
}

// Causes in the order of their first appearance, which never changes, so that none changes its colour.
function failures(points, all) {
  const codes = [...new Set(all.flatMap((point) => Object.keys(point.failed)))];
  const shown = codes.slice(0, CAUSE_COLOURS.length);
  const rest = codes.slice(CAUSE_COLOURS.length);
  const rate = (point, names) => names.reduce((sum, code) => sum + (point.failed[code] ?? 0), 0) / point.span_s;
  const lines = shown.map((code, index) => ({
    key: code,
    colour: CAUSE_COLOURS[index],
    values: points.map((point) => rate(point, [code])),
  }));
  if (rest.length) lines.push({ key: OTHER, colour: "grey", values: points.map((point) => rate(point, rest)) });
  if (all.some((point) => point.dropped)) {
    const values = points.map((point) => point.dropped / point.span_s);
    lines.push({ key: "sessions dropped", colour: "grey", dash: DASH, values });
  }
  return lines;
}
