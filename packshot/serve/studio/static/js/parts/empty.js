/* Where there is nothing yet: what belongs here, and the next step. */
import { html } from "../lib.js";
import { t } from "../i18n.js";
import { Icon } from "../icons.js";

/** `icon`, `title`, `text`, children = the buttons that lead on. */
export const Empty = ({ icon, title, text, children }) => html`
  <div class="empty">
    <span class="empty-icon"><${Icon} name=${icon} size=${28} /></span>
    <h2>${title}</h2>
    <p>${text}</p>
    ${children && html`<div class="actions centre">${children}</div>`}
  </div>`;

/** Something is on its way. */
export const Waiting = ({ text = "" }) => html`<div class="waiting" role="status"><span class="spinner" aria-hidden="true"></span>${text || t("loading")}</div>`;
