/* One picture close up: large comparison, every rule with its source, the numbers of the lock, the marks in the file. */
import { html, useEffect } from "../lib.js";
import { bytes, number, t } from "../i18n.js";
import { Icon } from "../icons.js";
import * as service from "../service.js";
import { Compare } from "../parts/compare.js";
import { Dialog } from "../parts/dialog.js";
import { Findings } from "../parts/findings.js";
import { mark, measured, numberWords, plain, reasons } from "../parts/plain.js";

/** Numbers of the record as rows: the name explains itself when pointed at. */
const FIRST = ["delta_e_p99", "delta_e_max", "edge_shift_px", "ssim"];
const place = ([key]) => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
const Numbers = ({ fidelity }) => html`
  <dl class="facts">${Object.entries(fidelity).filter(([key]) => !key.startsWith("encoded_")).sort((a, b) => place(a) - place(b)).map(([key, value]) => {
    const [name, what] = numberWords(key);
    const encoded = fidelity[`encoded_${key}`];
    return html`<div key=${key}><dt title=${what}>${name}</dt><dd>${measured(key, value)}${encoded !== undefined && html`<span class="soft"> (${t("closer.encoded", { value: measured(key, encoded) })})</span>`}</dd></div>`;
  })}</dl>`;

export function Closer({ job, results, index, onIndex, channels, onClose }) {
  const result = results[index];
  const { facts } = result;
  const name = facts.sku || facts.image || result.name;
  const channel = channels.find((one) => one.id === facts.variant);
  const step = (by) => onIndex(Math.max(0, Math.min(results.length - 1, index + by)));
  useEffect(() => {
    const heard = (event) => {
      if (event.target.closest?.("input, select, textarea")) return;
      if (event.key === "ArrowRight" || event.key === "j") step(1);
      else if (event.key === "ArrowLeft" || event.key === "k") step(-1);
    };
    addEventListener("keydown", heard);
    return () => removeEventListener("keydown", heard);
  });
  const words = [...reasons(facts), ...(facts.notes ?? []).filter((note) => !note.startsWith(`${facts.variant}: `)).map(plain)];
  const [height, width] = facts.size?.length ? facts.size : [1, 1];
  return html`
    <${Dialog} kind="wide" title=${name} onClose=${onClose}>
      <div class="closer">
        <div class="closer-picture">
          ${result.digest ? html`<${Compare} key=${result.name} after=${service.previewAddress(job.id, result.name, 1600)} before=${service.previewAddress(job.id, result.name, 1600, "before")} name=${name} ratio=${width / height} clear=${result.media_type !== "image/jpeg"} lazy=${false} />`
            : html`<div class="compare missing"><${Icon} name="picture" size=${28} /><span>${t("listing.no_picture")}</span></div>`}
          <div class="closer-steps">
            <button type="button" class="button small" disabled=${index === 0} onClick=${() => step(-1)}><${Icon} name="left" size=${16} />${t("closer.before")}</button>
            <span class="soft">${t("closer.place", { n: number(index + 1), of: number(results.length) })}</span>
            <button type="button" class="button small" disabled=${index === results.length - 1} onClick=${() => step(1)}>${t("closer.next")}<${Icon} name="right" size=${16} /></button>
          </div>
        </div>
        <div class="closer-text">
          ${words.length > 0 && html`<div class="notice flagged"><${Icon} name="warn" /><ul>${words.map((text) => html`<li key=${text}>${text}</li>`)}</ul></div>`}
          <section><h3>${t("closer.rules")}${channel && html`<span class="soft"> · ${channel.platform}, ${channel.use}</span>`}</h3><${Findings} findings=${facts.checks ?? []} channel=${channel} /></section>
          ${Object.keys(facts.fidelity ?? {}).length > 0 && html`<section><h3>${t("closer.product")}</h3><${Numbers} fidelity=${facts.fidelity} /></section>`}
          ${Object.keys(facts.marks ?? {}).length > 0 && html`<section><h3>${t("closer.marks")}</h3>
            <dl class="facts">${Object.entries(facts.marks).map(([key, value]) => { const [title, text] = mark(key, value); return html`<div key=${key}><dt>${title}</dt><dd>${text}</dd></div>`; })}</dl></section>`}
          <section><h3>${t("closer.file")}</h3>
            <dl class="facts">
              <div><dt>${t("closer.name")}</dt><dd>${result.name}</dd></div>
              ${facts.size?.length > 0 && html`<div><dt>${t("closer.size")}</dt><dd>${width} × ${height} px, ${bytes(result.size)}</dd></div>`}
              ${facts.image && html`<div><dt>${t("closer.photo")}</dt><dd>${facts.image}</dd></div>`}
            </dl></section>
          ${result.digest && html`<a class="button primary" href=${service.resultAddress(job.id, result.name)} download><${Icon} name="download" size=${16} />${t("download")}</a>`}
        </div>
      </div>
    <//>`;
}
