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
  const colour = Math.max(fidelity.delta_e_p99 ?? 0, fidelity.encoded_delta_e_p99 ?? 0);
  const edge = fidelity.edge_shift_px ?? 0;
  const values = { colour: number(colour, 2), edge: number(edge, 2) };
  if (!("delta_e_p99" in fidelity) && !("encoded_delta_e_p99" in fidelity)) {
    return changing.length ? { look: "hint", title: t("numbers.meant"), text: t("numbers.meant_text", { names: changing.join(", ") }) }
      : { look: "hint", title: t("numbers.unknown"), text: t("numbers.unknown_text") };
  }
  const look = colour < SEEN && edge <= 0.5 ? "done" : colour < PLAIN && edge <= 1 ? "flagged" : "failed";
  const text = t(`numbers.${look}_text`, values);
  return { look, title: t(`numbers.${look}`), text: changing.length ? `${text} ${t("numbers.but_meant", { names: changing.join(", ") })}` : text };
}

const ICONS = { done: "check", flagged: "warn", failed: "warn", hint: "info" };

/** `report`: what the service said of the result; `operations`: the table, to know which of them may change the product. */
export function Numbers({ report, operations, steps }) {
  const changing = [...new Set(steps.filter((step) => step.on).map((step) => step.operation))]
    .filter((name) => operations.find((one) => one.name === name)?.may_change_product).map(operationName);
  const { look, title, text } = verdict(report, changing);
  const { fidelity = {}, numbers = {}, flags = [], notes = [], marks = {} } = report;
  const rows = SHOWN.filter((key) => key in fidelity || `encoded_${key}` in fidelity);
  const others = Object.entries(numbers);
  return html`
    <section class="numbers" aria-label=${t("numbers")} aria-live="polite">
      ${flags.length > 0 && html`<div class="notice flagged"><${Icon} name="warn" /><div><b>${t("numbers.look")}</b><ul>${flags.map((one) => html`<li key=${one}>${plain(one)}</li>`)}</ul></div></div>`}
      <div class=${`verdict ${look}`}><${Icon} name=${ICONS[look]} size=${18} /><div><b>${title}</b><p>${text}</p></div></div>
      ${rows.length > 0 && html`<table class="number-table"><thead><tr><th scope="col"><span class="unseen">${t("numbers.what")}</span></th><th scope="col">${t("numbers.edited")}</th><th scope="col">${t("numbers.in_file")}</th></tr></thead>
        <tbody>${rows.map((key) => {
          const [name, what] = numberWords(key);
          return html`<tr key=${key}><th scope="row" title=${what}>${name}</th><td>${key in fidelity ? measured(key, fidelity[key]) : "–"}</td><td>${`encoded_${key}` in fidelity ? measured(key, fidelity[`encoded_${key}`]) : "–"}</td></tr>`;
        })}</tbody></table>`}
      <details class="fold"><summary><${Icon} name="right" size=${16} />${t("numbers.more")}</summary>
        <dl class="facts">
          ${others.map(([key, value]) => { const [name, what] = numberWords(key); return html`<div key=${key}><dt title=${what}>${name}</dt><dd>${measured(key, value)}</dd></div>`; })}
          ${Object.entries(marks).map(([key, value]) => { const [name, words] = mark(key, value); return html`<div key=${`mark.${key}`}><dt>${name}</dt><dd>${words}</dd></div>`; })}
          <div><dt>${t("numbers.time")}</dt><dd>${t("time.seconds", { n: number(report.seconds, 2) })}</dd></div>
        </dl>
        ${notes.length > 0 && html`<ul class="notes">${notes.map((one) => html`<li key=${one}>${plain(one)}</li>`)}</ul>`}
      </details>
    </section>`;
}
