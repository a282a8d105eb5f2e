// What the page shows. Values from the server reach it through textContent and data attributes only, never as markup.

import { Link } from "./link.js";
import { Polling } from "./polling.js";

const config = JSON.parse(document.getElementById("lab-config").textContent);
const socketUrl = new URL(config.socketUrl, location.href);
socketUrl.protocol = socketUrl.protocol.replace("http", "ws");

const bots = new Map();
const services = new Map();
const pushes = { count: 0, missed: 0, sequence: null };

const polling = new Polling(config, { show, changed: render });
const link = new Link(socketUrl, config, { message: receive, changed: linkChanged });

function linkChanged() {
  if (link.isOpen) polling.stop();
  else if (link.gaveUp) polling.start();
  render();
}

function receive({ type, data }) {
  if (type === "bot:status_change") {
    countPush(data.sequence);
    show({ bots: [data] });
  } else if (type === "system:health_update") {
    show({ services: data.services });
  }
  render();
}

function countPush(sequence) {
  pushes.count += 1;
  if (pushes.sequence !== null) pushes.missed += Math.max(0, sequence - pushes.sequence - 1);
  pushes.sequence = sequence;
}

function show(news) {
  for (const { botId, status, lastUpdate } of news.bots ?? []) {
    bots.set(botId, { name: botId, status, at: lastUpdate });
  }
  for (const { serviceName, status, lastCheckAt } of news.services ?? []) {
    services.set(serviceName, { name: serviceName, status, at: lastCheckAt });
  }
}

function seconds(ms) {
  return `${Math.max(0, Math.round(ms / 1000))} s`;
}

function summary() {
  const again = link.retryAt ? `Trying the WebSocket again in ${seconds(link.retryAt - Date.now())}.` : "";
  const waiting = link.socket ? "Trying the WebSocket again now." : again || "It will not try again by itself.";
  const attempt = `Attempt ${link.failures + 1} of ${config.reconnectAttempts}.`;
  if (link.isOpen && isStale()) return ["stale", "Stale", "The WebSocket is open, but no update arrives."];
  if (link.isOpen) return ["live", "Live", "Updates arrive over the WebSocket as they happen."];
  if (polling.error) return ["offline", "Offline", `Neither the WebSocket nor REST answers. ${waiting}`];
  if (polling.active) return ["polling", "Polling", `There is no WebSocket, so updates are late. ${waiting}`];
  if (link.failures) return ["reconnecting", "Reconnecting", `${waiting} ${attempt}`];
  return ["connecting", "Connecting", "Opening the WebSocket."];
}

/** An open socket is not health: every value is older than it should be. */
function isStale() {
  const known = [...bots.values(), ...services.values()];
  return known.length > 0 && known.every(({ at }) => ageOf(at).stale);
}

function ageOf(at) {
  const ms = Date.now() - at;
  return { stale: !(ms <= config.staleAfterMs), text: Number.isFinite(ms) ? `${seconds(ms)} ago` : "unknown" };
}

function transport() {
  if (link.isOpen) return "WebSocket";
  return polling.active ? `REST, every ${seconds(config.pollIntervalMs)}` : "none";
}

function heartbeat() {
  if (!link.isOpen) return "none";
  if (isMute()) return `unanswered for ${seconds(link.unansweredMs)}`;
  return link.rttMs === null ? "waiting for an answer" : `answered in ${link.rttMs} ms`;
}

function isMute() {
  return link.isOpen && link.unansweredMs > config.heartbeatTimeoutMs;
}

function lastClose() {
  if (!link.lastClose) return "none";
  const { code, reason, at } = link.lastClose;
  const why = reason || (code === 1006 ? "the browser does not say why" : "no reason given");
  return `${code ?? "given up"}: ${why}, at ${at.toLocaleTimeString()}`;
}

function received() {
  const counts = [`pushes: ${pushes.count}`, pushes.missed && `missed: ${pushes.missed}`, `polls: ${polling.count}`];
  return [...counts, polling.error].filter(Boolean).join(", ");
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text; // a screen reader repeats what is written again
}

function fill(body, entries) {
  while (body.rows.length < entries.size) {
    const row = body.insertRow();
    for (let cell = 0; cell < 3; cell += 1) row.insertCell();
  }
  [...entries.values()].forEach(({ name, status, at }, index) => {
    const row = body.rows[index];
    const age = ageOf(at);
    row.dataset.stale = String(age.stale);
    row.cells[1].dataset.status = status ?? "";
    [name ?? "no name", status ?? "unknown", age.text].forEach((text, cell) => write(row.cells[cell], text));
  });
}

function render() {
  const [state, headline, detail] = summary();
  const texts = { headline, detail, transport: transport(), heartbeat: heartbeat(), "last-close": lastClose() };
  texts.failures = `${link.failures} (polling from ${config.reconnectAttempts} on)`;
  texts.received = received();
  for (const [id, text] of Object.entries(texts)) write(document.getElementById(id), text);
  document.getElementById("root").dataset.state = state;
  document.getElementById("retry").hidden = link.isOpen;
  document.getElementById("heartbeat").dataset.alarm = String(isMute());
  fill(document.getElementById("bots"), bots);
  fill(document.getElementById("services"), services);
}

document.getElementById("page-origin").textContent = location.origin;
document.getElementById("socket-url").textContent = socketUrl.href;
document.getElementById("retry").addEventListener("click", () => link.retryNow());
setInterval(render, 500);
polling.once();
link.connect();
