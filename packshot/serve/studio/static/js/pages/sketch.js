/* Sketch: draw lines or paint a layout of parts; the operations from-sketch and from-layout make a product of it after
   every stroke. Where no weights for it are here, the page says so and what can be trained. */
import { html, useMemo, useState } from "../lib.js";
import { number, t } from "../i18n.js";
import { Icon } from "../icons.js";
import { get } from "../api.js";
import { link } from "../router.js";
import { models, presets, useAsked } from "../service.js";
import { Waiting } from "../parts/empty.js";
import { Form } from "../parts/form.js";
import { plain } from "../parts/plain.js";
import { ProblemBox, complain } from "../parts/toast.js";
import { Layer, toolOf } from "../paint/painting.js";
import { PaintTools } from "../paint/toolbar.js";
import { Stage } from "../stage/stage.js";
import { toEdit } from "../edit/bench.js";
import { keep } from "../edit/files.js";
import { useBox } from "../state.js";
import { Palette, areas, lines, useMade, useSheet } from "../sketch/board.js";
import { partsOf } from "../sketch/parts.js";
import { Variants } from "../sketch/variants.js";
import { Wishes, needed, worded } from "../sketch/wishes.js";

const WAYS = { sketch: { name: "from-sketch", takes: "drawing", own: "sketch-to-toy" }, layout: { name: "from-layout", takes: "layout", own: "layout-to-toy" } };
const HIDDEN = ["source", "category", "colour", "material", "model"];
const TRAINS = /pix2pix|spade|sketch|layout/;

const ask = async () => {
  const [{ operations }, rows, trained] = await Promise.all([get("/v1/operations"), models(), presets()]);
  return { operations, rows, trained: trained.filter((one) => TRAINS.test(one.objective)) };
};

/** What is missing, in plain words, and the way to it. */
const Missing = ({ operation, trained }) => html`
  <div class="notice" role="note"><${Icon} name="info" /><div>
    <b>${t("sketch.missing")}</b>
    <p>${t("sketch.missing_text", { weights: operation.own })}</p>
    ${trained.length ? html`<p>${t("sketch.train_text")}</p><div class="actions">${trained.map((one) => html`<a class="button small" key=${one.name} href=${link("train")}>${one.name}</a>`)}</div>` : html`<p>${t("sketch.no_preset")}</p>`}
    <p>${t("sketch.meanwhile")}</p>
  </div></div>`;

function Result({ state, name, children }) {
  const { shown, busy, problem } = state;
  const file = `${name}-${shown?.seed}.${shown?.report.format}`;
  return html`
    <section class="made" aria-label=${t("sketch.result")} aria-busy=${busy}>
      <div class="preview-picture">${shown ? html`<img src=${shown.url} alt=${t("sketch.result_of", { name: t(`sketch.${name}`) })} class=${shown.report.width < 128 ? "pixels" : ""} />` : html`<span class="soft">${t(busy ? "sketch.busy" : "sketch.draw_first")}</span>`}
        ${shown && html`<span class="preview-time" title=${t("sketch.time_tip")}>${number(shown.ms)} ms</span>`}</div>
      ${problem && html`<${ProblemBox} problem=${problem} />`}
      ${shown && html`
        <div class="actions"><button type="button" class="button primary" onClick=${() => keep(shown.blob, file)}><${Icon} name="download" size=${16} />${t("download")}</button>
          <button type="button" class="button" onClick=${() => toEdit(shown.blob, file).catch(complain)}><${Icon} name="edit" size=${16} />${t("generate.to_edit")}</button></div>
        ${shown.report.notes?.map((note) => html`<p class="help" key=${note}>${plain(note)}</p>`)}`}
      ${shown && children}
    </section>`;
}

/** Which weights work, the own ones first, and the rows that could. */
function useWeights(rows, way, wanted) {
  const fitting = rows.filter((one) => one.card?.translation?.takes === WAYS[way].takes);
  const chosen = fitting.find((one) => one.name === wanted) ?? fitting.find((one) => one.name === WAYS[way].own) ?? fitting[0];
  return { fitting, chosen };
}

const Weights = ({ fitting, chosen, onChange }) => html`
  <div class="field"><div class="field-head"><label class="field-name" for="sketch-weights">${t("generate.weights")}</label></div>
    <span class="select"><select id="sketch-weights" value=${chosen.name} onChange=${(event) => onChange(event.target.value)}>
      ${fitting.map((one) => html`<option key=${one.name} value=${one.name} selected=${one === chosen}>${one.name}</option>`)}
    </select><${Icon} name="down" size=${16} /></span></div>`;

function Board({ data }) {
  const sheet = useSheet();
  const [way, setWay] = useState("sketch");
  const [asked, setAsked] = useState({ sketch: {}, layout: {} });
  const [seed, setSeed] = useState(0);
  const { fitting, chosen } = useWeights(data.rows, way, asked[way].model);
  const operation = chosen && data.operations.find((one) => one.name === WAYS[way].name);
  const values = { ...needed(chosen?.card, asked[way]), ...asked[way], ...(chosen && chosen.name !== WAYS[way].own ? { model: chosen.name } : {}) };
  const set = (name, value) => setAsked((old) => {
    const { [name]: _, ...others } = old[way];
    return { ...old, [way]: value === "" ? others : { ...others, [name]: value } };
  });
  const parts = useMemo(() => partsOf(chosen?.card, values.category, t("sketch.ground"), (index) => t("sketch.part", { n: number(index) })).map((one) => ({ ...one, name: worded(one.name) })), [chosen, values.category]);
  const drawings = useMemo(() => ({ sketch: lines(), layout: areas() }), []);
  const painted = drawings[way];
  const version = useBox(painted.version);
  const tool = useMemo(() => toolOf(painted), [painted]);
  const state = useMade(painted, operation?.name, values, seed);
  if (!sheet) return html`<${Waiting} />`;
  return html`
    <div class="workbench">
      <div class=${`boards ${operation ? "two" : ""}`}>
        <${Stage} key=${way} after=${sheet} name=${t(`sketch.${way}`)} tool=${tool}>${(view) => html`<${Layer} painted=${painted} view=${view} />`}<//>
        ${operation && html`<${Result} key=${way} state=${state} name=${way}><${Variants} ...${{ painted, version, operation: operation.name, values, seed, onSeed: setSeed }} /><//>`}
      </div>
      <aside class="tools" aria-label=${t("sketch.tools")}>
        <div class="tools-scroll">
          <div class="segments" role="radiogroup" aria-label=${t("sketch.way")}>
            ${Object.keys(WAYS).map((one) => html`<label class="segment" key=${one}><input type="radio" name="way" value=${one} checked=${one === way} onChange=${() => setWay(one)} /><span>${t(`sketch.${one}`)}</span></label>`)}
          </div>
          <p class="help">${t(`sketch.${way}_help`)}</p>
          ${operation && html`<${Wishes} card=${chosen.card} values=${values} onChange=${set} />`}
          ${way === "layout" && html`<${Palette} painted=${painted} parts=${parts} />`}
          <${PaintTools} key=${way} painted=${painted} name=${`${way}.png`} size=${sheet} plain=${true} load="sketch.load" save="sketch.save" />
          ${!operation && html`<${Missing} operation=${WAYS[way]} trained=${data.trained} />`}
          ${fitting.length > 1 && html`<${Weights} fitting=${fitting} chosen=${chosen} onChange=${(name) => set("model", name)} />`}
          ${operation && html`<${Form} operation=${operation.name} schema=${operation.schema} values=${asked[way]} hidden=${HIDDEN} onChange=${(next) => setAsked((old) => ({ ...old, [way]: next }))} models=${data.rows} />`}
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
