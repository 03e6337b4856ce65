/* Train: choose what to learn and from which pictures (`#/train`), then watch it learn (`#/train/ID`). */
import { html } from "../lib.js";
import { Start } from "./train-start.js";
import { Watch } from "./train-watch.js";

export const Page = ({ rest }) => (rest[0] ? html`<${Watch} key=${rest[0]} id=${rest[0]} />` : html`<${Start} />`);
