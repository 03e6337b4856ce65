/* What was measured on the product, in words a seller understands, the numbers beside them. */
import { html } from "../lib.js";
import { number, operationName, t } from "../i18n.js";
import { Icon } from "../icons.js";
import { mark, measured, numberWords, plain } from "../parts/plain.js";

const SEEN = 1; // ΔE from which an eye sees a difference side by side
const PLAIN = 2.3; // ΔE that anybody sees
const SHOWN = ["delta_e_p99", "delta_e_max", "edge_shift_px", "ssim"];

/** {look, title, text}: what the numbers mean for somebody who sells the thing. */
export function verdict(report, changing) {
  const { fidelity = {} } = report;
  const { delta_e_p99: colour = 0, edge_shift_px: edge = 0, encoded_delta_e_p99: coded = 0 } = fidelity;
  const values = { colour: number(colour, 2), edge: number(edge, 2), coded: number(coded, 2) };
  if (!("delta_e_p99" in fidelity) && !("encoded_delta_e_p99" in fidelity)) {
    return changing.length ? { look: "hint", title: t("numbers.meant"), text: t("numbers.meant_text", { names: changing.join(", ") }) }
      : { look: "hint", title: t("numbers.unknown"), text: t("numbers.unknown_text") };
  }
  const look = colour < SEEN && edge <= 0.5 ? (coded < PLAIN ? "done" : "coded") : colour < PLAIN && edge <= 1 ? "flagged" : "failed";
  const names = changing.join(", ");
  const text = [t(`numbers.${look}_text`, values)];
  if (look === "done" && coded >= 0.05) text.push(t("numbers.coding", values));
  if (changing.length) text.push(t("numbers.but_meant", { names }));
  const title = look === "done" && changing.length ? t("numbers.done_but", { names }) : t(`numbers.${look}`);
  return { look: look === "coded" ? "flagged" : look, title, text: text.join(" ") };
}

const ICONS = { done: "check", flagged: "warn", failed: "warn", hint: "info" };

const SHORT = { delta_e_p99: "ΔE", edge_shift_px: "px", ssim: "SSIM" };

/** The numbers in one line: "ΔE 0.12 · 0.00 px · SSIM 0.999". */
function line(fidelity) {
  const of = (key) => fidelity[key] ?? fidelity[`encoded_${key}`];
  const parts = [];
  if (of("delta_e_p99") !== undefined) parts.push(`${SHORT.delta_e_p99} ${number(of("delta_e_p99"), 2)}`);
  if (fidelity.edge_shift_px !== undefined) parts.push(`${number(fidelity.edge_shift_px, 2)} ${SHORT.edge_shift_px}`);
  if (of("ssim") !== undefined) parts.push(`${SHORT.ssim} ${number(of("ssim"), 3)}`);
  return parts.join(" · ");
}

/** `report`: what the service said of the result; `operations`: the table, to know which of them may change the product. */
export function Numbers({ report, operations, steps }) {
  const changing = [...new Set(steps.filter((step) => step.on).map((step) => step.operation))]
    .filter((name) => operations.find((one) => one.name === name)?.may_change_product).map(operationName);
  const { look, title, text } = verdict(report, changing);
  const { fidelity = {}, numbers = {}, notes = [], marks = {} } = report;
  const rows = SHOWN.filter((key) => key in fidelity || `encoded_${key}` in fidelity);
  const short = line(fidelity);
  return html`
    <details class="numbers">
      <summary>
        <span class=${`verdict ${look}`}><${Icon} name=${ICONS[look]} size=${18} /><span aria-live="polite"><b>${title}</b>${short && html`<span class="verdict-line">${short}</span>`}</span></span>
        <${Icon} name="down" size=${16} />
      </summary>
      <div class="numbers-body" tabindex="0" role="group" aria-label=${t("numbers.all")}>
        <p>${text}</p>
        ${rows.length > 0 && html`<table class="number-table"><thead><tr><th scope="col"><span class="unseen">${t("numbers.what")}</span></th><th scope="col">${t("numbers.edited")}</th><th scope="col">${t("numbers.in_file")}</th></tr></thead>
          <tbody>${rows.map((key) => {
            const [name, what] = numberWords(key);
            return html`<tr key=${key}><th scope="row" title=${what}>${name}</th><td>${key in fidelity ? measured(key, fidelity[key]) : "–"}</td><td>${`encoded_${key}` in fidelity ? measured(key, fidelity[`encoded_${key}`]) : "–"}</td></tr>`;
          })}</tbody></table>`}
        <dl class="facts">
          ${Object.entries(numbers).map(([key, value]) => { const [name, what] = numberWords(key); return html`<div key=${key}><dt title=${what}>${name}</dt><dd>${measured(key, value)}</dd></div>`; })}
          ${Object.entries(marks).filter(([key]) => !/sha256/.test(key)).map(([key, value]) => { const [name, words] = mark(key, value); return html`<div key=${`mark.${key}`}><dt>${name}</dt><dd>${words}</dd></div>`; })}
          <div><dt>${t("numbers.time")}</dt><dd>${t("time.seconds", { n: number(report.seconds, 2) })}</dd></div>
        </dl>
        ${notes.length > 0 && html`<ul class="notes">${notes.map((one) => html`<li key=${one}>${plain(one)}</li>`)}</ul>`}
      </div>
    </details>`;
}

/** Why a person should look, where there is a reason. */
export const Flags = ({ flags }) => flags?.length > 0 && html`
  <div class="notice flagged flags" role="status"><${Icon} name="warn" /><div><b>${t("numbers.look")}</b><ul>${flags.map((one) => html`<li key=${one}>${plain(one)}</li>`)}</ul></div></div>`;
