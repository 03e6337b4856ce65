/* Start: the words, then the window. */
import { html, render } from "./lib.js";
import { preferred, speak } from "./i18n.js";
import { Shell } from "./shell.js";

const root = document.getElementById("studio");
await speak(preferred(), false);
render(html`<${Shell} />`, root);
root.dataset.ready = "yes";
