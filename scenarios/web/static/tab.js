// Fills the tab that Locust shows for us. Of Locust's page this knows ARIA roles and one class name, and it only ever
// appends: React owns the rest.

import { make } from "./dom.js";
import { Panel } from "./panel.js";

const TITLE = "WebSocket";
const root = document.getElementById("root");
const panel = new Panel(new URL("../", import.meta.url));

document.head.append(make("link", { rel: "stylesheet", href: new URL("style.css", import.meta.url) }));

function settle() {
  const tab = [...root.querySelectorAll('[role="tab"]')].find((one) => one.textContent.trim() === TITLE);
  if (tab?.getAttribute("aria-selected") !== "true") {
    panel.stop();
    panel.element.remove();
    return;
  }
  const home = tab.closest(".MuiContainer-root, main, #root");
  if (panel.element.parentElement !== home) home.append(panel.element);
  panel.element.style.colorScheme = isDark() ? "dark" : "light";
  panel.start();
}

// Locust's switch changes the page's colours and leaves no other trace in the document.
function isDark() {
  const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number);
  return 0.3 * red + 0.6 * green + 0.1 * blue < 128;
}

new MutationObserver(settle).observe(root, { childList: true, subtree: true, attributeFilter: ["aria-selected"] });
settle();
