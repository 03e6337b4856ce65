/* Listing: photos in, pictures for every channel out. `#/listing` hands a job in, `#/listing/ID` shows what became of it. */
import { html } from "../lib.js";
import { Results } from "./listing-results.js";
import { Start } from "./listing-start.js";

export const Page = ({ rest }) => (rest[0] ? html`<${Results} key=${rest[0]} id=${rest[0]} />` : html`<${Start} />`);
