// The page of its own: no script but ours.

import { Panel } from "./panel.js";

const panel = new Panel(new URL("../", import.meta.url));
document.querySelector("main").append(panel.element);
panel.start();
