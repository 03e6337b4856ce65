/* What to learn, from which pictures, for how long. */
import { html, useMemo, useRef, useState } from "../lib.js";
import { duration, moment, number, presetText, t, tn } from "../i18n.js";
import { Icon } from "../icons.js";
import { go, link } from "../router.js";
import { uploadAll } from "../api.js";
import * as service from "../service.js";
import { Drop } from "../parts/drop.js";
import { FolderField } from "../parts/folder.js";
import { Form } from "../parts/form.js";
import { Bar, Chip, shareOf, told } from "../parts/status.js";
import { Waiting } from "../parts/empty.js";
import { Tabs } from "../parts/tabs.js";
import { ProblemBox } from "../parts/toast.js";

const FAMILIES = ["catalogue", "cutout", "repair", "style", "parts", "toyshop", "fashion"];
const SOURCES = ["own", "catalogue", "toyshop"];
const HIDDEN = ["preset", "settings", "changes", "columns", "start", "device"];
const ask = async () => {
  const [presets, kinds] = await Promise.all([service.presets(), service.kinds()]);
  return { presets, kind: kinds.find((one) => one.name === "train") };
};

/** Presets by family, those for pictures of one's own first. */
function families(presets) {
  const first = (one) => one.family ?? (/^(fashion|toyshop|catalogue|style|parts|cutout)\b/.exec(one.name)?.[1] ?? "repair");
  const found = Map.groupBy(presets, first);
  return [...found].sort(([a], [b]) => FAMILIES.indexOf(a) - FAMILIES.indexOf(b));
}

export function Start() {
  const { data, problem, again } = service.useAsked(ask);
  if (problem) return html`<div class="page narrow"><${ProblemBox} problem=${problem} retry=${again} /></div>`;
  return html`
    <div class="page">
      <header class="page-head"><h1>${t("train.title")}</h1><p>${t("train.intro")}</p></header>
      ${data ? html`<${Choices} ...${data} />` : html`<${Waiting} />`}
      <${Recent} />
    </div>`;
}

function Choices({ presets, kind }) {
  const [text, setText] = useState("");
  const [name, setName] = useState(() => presets.find((one) => one.name.startsWith("catalogue-"))?.name ?? presets[0]?.name);
  const [source, setSource] = useState("own");
  const [photos, setPhotos] = useState([]);
  const [catalogue, setCatalogue] = useState("");
  const [settings, setSettings] = useState({ minutes: 30 });
  const [busy, setBusy] = useState(null);
  const [problem, setProblem] = useState(null);
  const stop = useRef(null);
  const preset = presets.find((one) => one.name === name);
  const groups = useMemo(() => families(presets.filter((one) => `${one.name} ${one.what} ${presetText(one.name, "")}`.toLowerCase().includes(text.trim().toLowerCase()))), [presets, text]);
  const ready = preset && { own: photos.length > 0, catalogue: Boolean(catalogue.trim()), toyshop: true }[source];
  const start = async () => {
    setProblem(null);
    stop.current = new AbortController();
    try {
      let files = [];
      if (source === "own") {
        const done = await uploadAll(photos, setBusy, stop.current.signal);
        files = done.filter((one) => one?.file).map((one) => one.file.id);
        if (!files.length) throw done[0].problem;
      }
      setBusy(1);
      const job = await service.submit({ kind: "train", parameters: { ...settings, preset: name }, ...(files.length ? { files } : {}), ...(source === "catalogue" ? { catalogue: catalogue.trim() } : {}) });
      go("train", [job.id]);
    } catch (wrong) {
      if (wrong.name !== "AbortError") setProblem(wrong);
      setBusy(null);
    }
  };
  return html`
    <div class="split">
      <div class="stack">
        <section class="choose">
          <h2><span class="choose-number">1</span>${t("train.preset")}</h2>
          <label class="search"><${Icon} name="search" size=${16} /><input type="search" value=${text} placeholder=${t("train.search")} aria-label=${t("train.search")} onInput=${(event) => setText(event.target.value)} /></label>
          <div class="presets">${groups.map(([family, rows]) => html`
            <fieldset class="channel-group" key=${family}><legend>${t(`family.${family}`)}</legend>
              ${rows.map((one) => html`<label class="preset" key=${one.name}><input type="radio" name="preset" value=${one.name} checked=${one.name === name} onChange=${() => setName(one.name)} />
                <span><b>${one.name}</b><span class="help">${presetText(one.name, one.what)}</span></span></label>`)}
            </fieldset>`)}</div>
        </section>
        <section class="choose">
          <h2><span class="choose-number">2</span>${t("train.pictures")}</h2>
          <${Tabs} rows=${SOURCES.map((value) => ({ value, name: t(`train.${value}`) }))} value=${source} onChange=${setSource} label=${t("train.source")} />
          ${source === "own" && html`
            <${Drop} onFiles=${(files) => setPhotos([...photos, ...files])} text=${t("train.drop")} small=${photos.length > 0} pictures=${false} accept="image/*,.zip,.csv,.jsonl,.parquet" />
            ${photos.length > 0 && html`<p class="line">${tn("count.files", photos.length)}<button type="button" class="quiet" onClick=${() => setPhotos([])}>${t("listing.clear")}</button></p>`}`}
          ${source === "catalogue" && html`
            <${FolderField} id="train-catalogue" value=${catalogue} onChange=${setCatalogue} help=${t("train.catalogue_help")} />`}
          ${source === "toyshop" && html`<p class="help">${t("train.toyshop_text")}</p>`}
        </section>
      </div>
      <aside class="summary card" aria-label=${t("listing.summary")}>
        ${preset && html`<div><h3>${preset.name}</h3><p class="help">${presetText(preset.name, preset.what)}</p></div>
          <dl class="facts">
            ${preset.size && html`<div><dt>${t("train.size")}</dt><dd>${t("train.px", { n: number(preset.size) })}</dd></div>`}
            ${preset.columns?.length > 0 && html`<div><dt>${t("train.columns")}</dt><dd>${preset.columns.join(", ")}</dd></div>`}
            ${preset.data && html`<div><dt>${t("train.data")}</dt><dd>${preset.data}</dd></div>`}
            ${preset.minutes > 0 && html`<div><dt>${t("train.minutes")}</dt><dd>${duration(60 * preset.minutes)}</dd></div>`}
            ${preset.reproduces && html`<div><dt>${t("train.reproduces")}</dt><dd>${preset.reproduces}</dd></div>`}
          </dl>`}
        ${kind && html`<${Form} operation="train" schema=${kind.schema} values=${settings} onChange=${setSettings} hidden=${HIDDEN} first=${2} />`}
        ${problem && html`<${ProblemBox} problem=${problem} />`}
        ${busy !== null ? html`<div class="sending" role="status"><p>${t("listing.handing_in")}</p><${Bar} share=${busy} label=${t("progress")} /></div>`
          : html`<button type="button" class="button primary big" disabled=${!ready} onClick=${start}><${Icon} name="play" size=${16} />${t("train.start")}</button>`}
        <p class="help">${t(ready ? "train.promise" : "train.need")}</p>
      </aside>
    </div>`;
}

function Recent() {
  const { data, again } = service.useAsked(() => service.jobs({ kind: "train", limit: 6 }));
  service.useRepeated(again, 3, data?.some((one) => !service.FINISHED.includes(one.state)));
  if (!data?.length) return null;
  return html`
    <section class="recent"><h2>${t("train.recent")}</h2>
      <ul class="rows">${data.map((job) => html`<li key=${job.id}><a class="row" href=${link("train", job.id)}>
        <span class="row-name">${job.request.parameters.preset}</span><span class="row-told">${told(job)}</span><span class="row-time">${moment(job.created)}</span><${Chip} state=${job.state} wanted=${job.wanted} />
        ${job.state === "running" && html`<${Bar} share=${shareOf(job)} label=${t("progress")} />`}</a></li>`)}</ul></section>`;
}
