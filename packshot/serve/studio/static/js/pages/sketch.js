/* Sketch: draw lines or paint a layout of parts; the operations from-sketch and from-layout make a product of it, where
   the service has them. Where it has not, the page says what is missing and what can be trained. */
import { html, useMemo, useState } from "../lib.js";
import { number, t } from "../i18n.js";
import { Icon } from "../icons.js";
import { get } from "../api.js";
import { link } from "../router.js";
import { models, presets, useAsked } from "../service.js";
import { Waiting } from "../parts/empty.js";
import { Form } from "../parts/form.js";
import { ProblemBox, complain } from "../parts/toast.js";
import { Layer, toolOf } from "../paint/painting.js";
import { PaintTools } from "../paint/toolbar.js";
import { Stage } from "../stage/stage.js";
import { toEdit } from "../edit/bench.js";
import { keep } from "../edit/files.js";
import { Palette, areas, lines, useMade, useSheet } from "../sketch/board.js";
import { partsOf } from "../sketch/parts.js";

const WAYS = { sketch: "from-sketch", layout: "from-layout" };
const TRAINS = /pix2pix|spade|sketch|layout/;

const ask = async () => {
  const [{ operations }, rows, trained] = await Promise.all([get("/v1/operations"), models(), presets()]);
  return { operations, rows, trained: trained.filter((one) => TRAINS.test(one.objective)) };
};

/** What is missing, in plain words, and the way to it. */
const Missing = ({ operation, trained }) => html`
  <div class="notice" role="note"><${Icon} name="info" /><div>
    <b>${t("sketch.missing")}</b>
    <p>${t("sketch.missing_text", { operation })}</p>
    ${trained.length ? html`<p>${t("sketch.train_text")}</p><div class="actions">${trained.map((one) => html`<a class="button small" key=${one.name} href=${link("train")}>${one.name}</a>`)}</div>` : html`<p>${t("sketch.no_preset")}</p>`}
    <p>${t("sketch.meanwhile")}</p>
  </div></div>`;

function Result({ made, name }) {
  const { shown, busy, problem } = made;
  return html`
    <section class="made" aria-label=${t("sketch.result")} aria-busy=${busy}>
      <div class="preview-picture">${shown ? html`<img src=${shown.url} alt=${t("sketch.result_of", { name })} class=${shown.report.width < 128 ? "pixels" : ""} />` : html`<span class="soft">${t(busy ? "sketch.busy" : "sketch.draw_first")}</span>`}
        ${shown && html`<span class="preview-time">${number(1000 * shown.report.seconds)} ms</span>`}</div>
      ${problem && html`<${ProblemBox} problem=${problem} />`}
      ${shown && html`<div class="actions"><button type="button" class="button primary" onClick=${() => keep(shown.blob, `${name}.${shown.report.format}`)}><${Icon} name="download" size=${16} />${t("download")}</button>
        <button type="button" class="button" onClick=${() => toEdit(shown.blob, `${name}.${shown.report.format}`).catch(complain)}><${Icon} name="edit" size=${16} />${t("generate.to_edit")}</button></div>`}
    </section>`;
}

function Board({ data }) {
  const sheet = useSheet();
  const [way, setWay] = useState("sketch");
  const [values, setValues] = useState({});
  const operation = data.operations.find((one) => one.name === WAYS[way]);
  const card = operation && data.rows.find((one) => one.card?.parts)?.card;
  const parts = useMemo(() => partsOf(card, (index) => (index ? t("sketch.part", { n: number(index) }) : t("sketch.ground"))), [card]);
  const drawings = useMemo(() => ({ sketch: lines(), layout: areas(parts) }), [parts]);
  const painted = drawings[way];
  const tool = useMemo(() => toolOf(painted), [painted]);
  const made = useMade(painted, operation, values);
  if (!sheet) return html`<${Waiting} />`;
  return html`
    <div class="workbench">
      <div class=${`boards ${operation ? "two" : ""}`}>
        <${Stage} key=${way} after=${sheet} name=${t(`sketch.${way}`)} tool=${tool}>${(view) => html`<${Layer} painted=${painted} view=${view} />`}<//>
        ${operation && html`<${Result} made=${made} name=${way} />`}
      </div>
      <aside class="tools" aria-label=${t("sketch.tools")}>
        <div class="tools-scroll">
          <div class="segments" role="radiogroup" aria-label=${t("sketch.way")}>
            ${Object.keys(WAYS).map((one) => html`<label class="segment" key=${one}><input type="radio" name="way" value=${one} checked=${one === way} onChange=${() => { setWay(one); setValues({}); }} /><span>${t(`sketch.${one}`)}</span></label>`)}
          </div>
          <p class="help">${t(`sketch.${way}_help`)}</p>
          ${way === "layout" && html`<${Palette} painted=${painted} parts=${parts} />`}
          <${PaintTools} key=${way} painted=${painted} name=${`${way}.png`} size=${sheet} plain=${true} />
          ${!operation && html`<${Missing} operation=${WAYS[way]} trained=${data.trained} />`}
          ${operation && html`<${Form} operation=${operation.name} schema=${operation.schema} values=${values} onChange=${setValues} models=${data.rows} />`}
        </div>
      </aside>
    </div>`;
}

export function Page() {
  const { data, problem, again } = useAsked(ask);
  return html`
    <div class="page edit sketch">
      <header class="page-head edit-head"><h1>${t("page.sketch")}</h1></header>
      ${problem ? html`<${ProblemBox} problem=${problem} retry=${again} />` : data ? html`<${Board} data=${data} />` : html`<${Waiting} />`}
    </div>`;
}
