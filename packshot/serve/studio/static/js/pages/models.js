/* Models: the weights that are here; what each is, under which licence, made from which data, how fast it runs. */
import { html, useState } from "../lib.js";
import { bytes, number, presetText, t } from "../i18n.js";
import { Icon } from "../icons.js";
import { link } from "../router.js";
import * as service from "../service.js";
import { Dialog } from "../parts/dialog.js";
import { Empty, Waiting } from "../parts/empty.js";
import { Tabs } from "../parts/tabs.js";
import { ProblemBox, complain, say } from "../parts/toast.js";

export function Page() {
  const { data, problem, again } = service.useAsked(service.models);
  const [filter, setFilter] = useState("all");
  const [open, setOpen] = useState("");
  const shown = (data ?? []).filter((one) => filter === "all" || one.commercial);
  const rows = [{ value: "all", name: t("models.all"), count: data?.length ?? 0 }, { value: "commercial", name: t("models.commercial"), count: (data ?? []).filter((one) => one.commercial).length }];
  const fresh = () => { service.forget("/v1/models"); again(); };
  const close = data?.find((one) => one.name === open);
  return html`
    <div class="page">
      <header class="page-head"><h1>${t("page.models")}</h1><p>${t("models.intro")}</p></header>
      ${problem && html`<${ProblemBox} problem=${problem} retry=${fresh} />`}
      ${!data && !problem && html`<${Waiting} />`}
      ${data?.length === 0 && html`<${Empty} icon="models" title=${t("models.empty")} text=${t("models.empty_text")}><a class="button primary" href=${link("train")}>${t("models.train")}</a><//>`}
      ${data?.length > 0 && html`
        <div class="toolbar"><${Tabs} rows=${rows} value=${filter} onChange=${setFilter} label=${t("models.filter")} /></div>
        <ul class="model-cards">${shown.map((one) => html`<${Model} key=${one.name} model=${one} onOpen=${() => setOpen(one.name)} />`)}</ul>`}
      ${close && html`<${Card} model=${close} onFresh=${fresh} onClose=${() => setOpen("")} />`}
    </div>`;
}

const Licence = ({ model }) => html`
  <span class=${`chip ${model.commercial ? "done" : "flagged"}`}><${Icon} name=${model.commercial ? "check" : "warn"} size=${14} />${model.licence || t("models.unstated")}</span>`;

const Model = ({ model, onOpen }) => html`
  <li class="card model">
    <div class="model-head"><h2>${model.name}</h2><${Licence} model=${model} /></div>
    <p class="soft">${presetText(model.card?.preset, model.card?.what ?? model.card?.description ?? model.network)}</p>
    ${model.trouble && html`<p class="field-problem">${model.trouble}</p>`}
    <dl class="facts">
      ${model.network && html`<div><dt>${t("models.network")}</dt><dd>${model.network}</dd></div>`}
      <div><dt>${t("models.bytes")}</dt><dd>${bytes(model.bytes)}</dd></div>
      ${model.engine && html`<div><dt>${t("models.engine")}</dt><dd>${model.engine}${fastest(model)}</dd></div>`}
    </dl>
    <button type="button" class="button small" onClick=${onOpen} aria-label=${t("models.card_of", { name: model.name })}>${t("models.card")}</button>
  </li>`;

const fastest = ({ bench = [], engine }) => {
  const row = bench.find((one) => one.engine === engine && one.seconds);
  return row ? `, ${t("models.ms", { n: number(1000 * row.seconds, 1) })}` : "";
};

/** Anything of a card as text; lists and tables inside it become lines. */
function Value({ value, inner = true }) {
  if (value === null || value === undefined || value === "") return html`<span class="faint">–</span>`;
  if (Array.isArray(value)) return value.every((one) => typeof one !== "object") ? html`<span>${value.join(", ")}</span>` : html`<ul>${value.map((one, index) => html`<li key=${index}><${Value} value=${one} /></li>`)}</ul>`;
  if (typeof value === "object") return html`<dl class=${`facts ${inner ? "inner" : ""}`}>${Object.entries(value).map(([key, one]) => html`<div key=${key}><dt>${key.replaceAll("_", " ")}</dt><dd><${Value} value=${one} /></dd></div>`)}</dl>`;
  return html`<span>${typeof value === "number" ? number(value, 4) : String(value)}</span>`;
}

function Card({ model, onFresh, onClose }) {
  return html`
    <${Dialog} kind="wide" title=${model.name} onClose=${onClose}>
      <div class="model-card">
        <p class="line"><${Licence} model=${model} /><span class="soft">${t(model.commercial ? "models.may_sell" : "models.may_not_sell")}</span></p>
        <section><h3>${t("models.bench")}</h3><${Bench} model=${model} onFresh=${onFresh} /></section>
        ${Object.keys(model.card ?? {}).length > 0 && html`<section><h3>${t("models.card")}</h3><${Value} value=${model.card} inner=${false} /></section>`}
        ${Object.keys(model.config ?? {}).length > 0 && html`<details class="fold"><summary><${Icon} name="right" size=${16} />${t("models.config")}</summary><${Value} value=${model.config} inner=${false} /></details>`}
        ${model.digest && html`<p class="faint mono">SHA-256 ${model.digest}</p>`}
      </div>
    <//>`;
}

function Bench({ model, onFresh }) {
  const [job, setJob] = useState("");
  const rows = (model.bench ?? []).filter((one) => one.seconds);
  const slowest = Math.max(...rows.map((one) => one.seconds), 0);
  const start = async () => {
    try {
      setJob((await service.submit({ kind: "bench", parameters: { models: [model.name] } })).id);
    } catch (problem) {
      complain(problem);
    }
  };
  const done = (state) => {
    setJob("");
    if (state === "done") { say(t("models.benched")); onFresh(); }
  };
  return html`
    ${rows.length > 0 && html`<table class="bench"><caption class="unseen">${t("models.bench")}</caption><thead><tr><th scope="col">${t("models.engine")}</th><th scope="col">${t("models.time")}</th><th scope="col">${t("models.exact")}</th></tr></thead>
      <tbody>${rows.map((one) => html`<tr key=${one.engine}><th scope="row">${one.engine}${one.engine === model.engine && html` <span class="chip done">${t("models.used")}</span>`}</th>
        <td><span class="bench-bar" aria-hidden="true"><i style=${{ width: `${(100 * one.seconds) / slowest}%` }}></i></span>${t("models.ms", { n: number(1000 * one.seconds, 1) })}</td>
        <td>${one.psnr === null || one.psnr === undefined ? "" : one.psnr >= 99 ? t("models.same") : t("models.db", { n: number(one.psnr, 1) })}</td></tr>`)}</tbody></table>`}
    ${rows.length === 0 && html`<p class="soft">${t(model.measurable ? "models.unmeasured" : "models.always_torch")}</p>`}
    ${model.measurable && (job ? html`<${Measuring} id=${job} onEnd=${done} />` : html`<button type="button" class="button small" onClick=${start}><${Icon} name="clock" size=${16} />${t("models.measure")}</button>`)}`;
}

function Measuring({ id, onEnd }) {
  const { job } = service.useJob(id, (event) => service.FINISHED.includes(event.kind) && onEnd(event.kind));
  if (job?.state === "failed") return html`<p class="field-problem">${job.error}</p>`;
  return html`<${Waiting} text=${t("models.measuring")} />`;
}
