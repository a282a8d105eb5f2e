// The run at a glance: what a reader wants to know before looking at any chart.

import { make } from "./dom.js";
import { count, ms, number, percent } from "./format.js";

export function tiles({ result, open_sessions: open }, point) {
  const { sessions, heartbeats, heartbeat_rtt_ms: beat, staleness_by_transport: stale, generator } = result;
  const asked = sessions.opened + sessions.failed;
  const failed = `${count(sessions.failed)} of ${count(asked)}`;
  const lost = sessions.dropped ? "not by the page" : "none was lost";
  const silent = heartbeats.unanswered ? `${count(heartbeats.unanswered)} unanswered` : "all answered so far";
  const polls = point?.polls_per_s ? `and ${number(point.polls_per_s)} polls/s` : "received, last second";
  return [
    tile("Open sessions", count(open), `${count(point?.users ?? 0)} users, peak ${count(sessions.peak_open)}`),
    tile("Handshakes failed", percent(sessions.failed, asked), failed, sessions.failed > 0),
    tile("Sessions dropped", count(sessions.dropped), lost, sessions.dropped > 0),
    tile("Heartbeat p95", ms(beat.p95), silent, heartbeats.unanswered > 0),
    staleness(stale.websocket, stale.polling),
    tile("Messages", `${number(point?.messages_per_s ?? 0)} /s`, polls),
    tile("Loop lag p99", ms(generator.loop_lag_ms.p99), `${number(point?.cpu ?? 0)} cores busy`, generator.saturated),
  ];
}

function staleness(websocket, polling) {
  if (!polling?.count) return tile("Staleness p95", ms(websocket?.p95), "over WebSocket");
  if (!websocket?.count) return tile("Staleness p95", ms(polling.p95), "by polling");
  const times = polling.p95 / Math.max(websocket.p95, 0.001);
  const compared = times >= 2 ? `, ${count(times)}×` : "";
  return tile("Staleness p95", ms(websocket.p95), `by polling ${ms(polling.p95)}${compared}`);
}

function tile(name, value, note, bad = false) {
  const sign = bad ? make("span", { class: "sign", "aria-label": "attention" }, "▲ ") : null;
  const parts = [make("dt", {}, name), make("dd", {}, sign, value), make("dd", { class: "note" }, note)];
  return make("div", { class: bad ? "tile bad" : "tile" }, ...parts);
}
