import { html } from "../lib.js";
import { t } from "../i18n.js";
export const Page = () => html`<div class="page"><header class="page-head"><h1>${t("page.restyle")}</h1></header></div>`;
