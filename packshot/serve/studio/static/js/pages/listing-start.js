/* Photos, recipe, channels: three choices, then one button. */
import { html, useEffect, useMemo, useRef, useState } from "../lib.js";
import { bytes, moment, number, spokenText, t, tn } from "../i18n.js";
import { Icon } from "../icons.js";
import { go, link } from "../router.js";
import { uploadAll } from "../api.js";
import * as service from "../service.js";
import { Drop, isPicture } from "../parts/drop.js";
import { FolderField } from "../parts/folder.js";
import { Form } from "../parts/form.js";
import { Bar, Chip, shareOf, told } from "../parts/status.js";
import { ProblemBox, complain } from "../parts/toast.js";
import { Waiting } from "../parts/empty.js";
import { kept } from "../state.js";

const SHOWN = 24; // thumbnails of what was dropped
const HIDDEN = ["channels", "pipeline", "recipe", "overrides", "alt", "channel_file"];

const ask = async () => {
  const [channels, pipelines, kinds] = await Promise.all([service.channels(), service.pipelines(), service.kinds()]);
  return { channels, pipelines: pipelines.filter((one) => !one.each || !Object.keys(one.each).length), kind: kinds.find((one) => one.name === "listing") };
};

export function Start() {
  const { data, problem, again } = service.useAsked(ask);
  if (problem) return html`<div class="page narrow"><${ProblemBox} problem=${problem} retry=${again} /></div>`;
  return html`
    <div class="page">
      <header class="page-head"><h1>${t("listing.title")}</h1><p>${t("listing.intro")}</p></header>
      ${data ? html`<${Choices} ...${data} />` : html`<${Waiting} />`}
      <${Recent} channels=${data?.channels} />
    </div>`;
}

const chosenBefore = (channels) => {
  const known = new Set(channels.map((one) => one.id));
  const before = kept.get("channels").split(",").filter((id) => known.has(id));
  return before.length ? before : channels.slice(0, 1).map((one) => one.id);
};

function Choices({ channels, pipelines, kind }) {
  const [photos, setPhotos] = useState([]);
  const [catalogue, setCatalogue] = useState("");
  const [pipeline, setPipeline] = useState(() => pipelines.find((one) => one.name === "packshot-white")?.name ?? pipelines[0]?.name);
  const [wanted, setWanted] = useState(() => chosenBefore(channels));
  const [settings, setSettings] = useState({});
  const [busy, setBusy] = useState(null);
  const [problem, setProblem] = useState(null);
  const stop = useRef(null);
  useEffect(() => () => stop.current?.abort(), []);
  const ready = (photos.length > 0 || catalogue.trim()) && wanted.length > 0 && pipeline;
  const start = async () => {
    setProblem(null);
    stop.current = new AbortController();
    try {
      const files = photos.length ? await sent(photos, setBusy, stop.current.signal) : [];
      const parameters = { ...settings, pipeline, channels: wanted };
      const job = await service.submit({ kind: "listing", parameters, ...(files.length ? { files } : { catalogue: catalogue.trim() }) });
      kept.set("channels", wanted.join(","));
      go("listing", [job.id]);
    } catch (wrong) {
      if (wrong.name !== "AbortError") setProblem(wrong);
      setBusy(null);
    }
  };
  return html`
    <div class="split">
      <div class="stack">
        <${Photos} photos=${photos} onPhotos=${setPhotos} catalogue=${catalogue} onCatalogue=${setCatalogue} />
        <${Recipes} pipelines=${pipelines} value=${pipeline} onChange=${setPipeline} />
        <${Channels} channels=${channels} wanted=${wanted} onWanted=${setWanted} />
      </div>
      <aside class="summary card" aria-label=${t("listing.summary")}>
        <dl class="facts">
          <div><dt>${t("listing.photos")}</dt><dd>${photos.length ? tn("count.photos", photos.length) : catalogue.trim() || t("listing.none_yet")}</dd></div>
          <div><dt>${t("listing.recipe")}</dt><dd>${spokenText(pipelines.find((one) => one.name === pipeline)?.title) || pipeline}</dd></div>
          <div><dt>${t("listing.channels")}</dt><dd>${wanted.length ? tn("count.channels", wanted.length) : t("listing.none_yet")}</dd></div>
        </dl>
        ${kind && html`<details class="fold"><summary><${Icon} name="right" size=${16} />${t("listing.settings")}</summary><${Form} operation="listing" schema=${kind.schema} values=${settings} onChange=${setSettings} hidden=${HIDDEN} first=${9} /></details>`}
        ${problem && html`<${ProblemBox} problem=${problem} />`}
        ${busy ? html`<${Sending} ...${busy} onStop=${() => { stop.current.abort(); setBusy(null); }} />`
          : html`<button type="button" class="button primary big" disabled=${!ready} onClick=${start}><${Icon} name="play" size=${16} />${t("listing.start")}</button>`}
        <p class="help">${ready ? t("listing.promise") : t(photos.length || catalogue.trim() ? "listing.need_channel" : "listing.need_photos")}</p>
      </aside>
    </div>`;
}

/** Upload what was not uploaded before; gives the ids. A photo that is refused stops nothing and is told. */
async function sent(photos, tell, signal) {
  const open = photos.filter((photo) => !photo.id);
  const show = (share) => tell({ share: 1 - (1 - share) * open.length / photos.length, count: photos.length });
  show(0);
  const done = await uploadAll(open.map((photo) => photo.file), show, signal);
  done.forEach((one, index) => { if (one?.file) open[index].id = one.file.id; });
  const refused = done.filter((one) => one?.problem);
  if (refused.length) complain(refused[0].problem);
  const ids = photos.map((photo) => photo.id).filter(Boolean);
  if (!ids.length) throw refused[0].problem;
  return ids;
}

const Sending = ({ share, count, onStop }) => html`
  <div class="sending" role="status">
    <p>${share < 1 ? tn("listing.uploading", count) : t("listing.handing_in")}</p>
    <${Bar} share=${share} label=${tn("listing.uploading", count)} />
    <button type="button" class="button small" onClick=${onStop}>${t("cancel")}</button>
  </div>`;

function Photos({ photos, onPhotos, catalogue, onCatalogue }) {
  const [passedOver, setPassedOver] = useState(0);
  const add = (files, left) => {
    const known = new Set(photos.map(({ file }) => `${file.packshotName ?? file.name} ${file.size}`));
    const fresh = files.filter((file) => !known.has(`${file.packshotName ?? file.name} ${file.size}`));
    onPhotos([...photos, ...fresh.map((file) => ({ file, id: "" }))]);
    setPassedOver(left);
  };
  const total = photos.reduce((sum, { file }) => sum + file.size, 0);
  return html`
    <section class="choose">
      <h2><span class="choose-number">1</span>${t("listing.photos")}</h2>
      <${Drop} onFiles=${add} text=${t("listing.drop")} small=${photos.length > 0} />
      ${passedOver > 0 && html`<p class="help">${tn("listing.passed_over", passedOver)}</p>`}
      ${photos.length > 0 && html`
        <ul class="thumbs">${photos.slice(0, SHOWN).map((photo) => html`<${Thumb} key=${`${photo.file.packshotName ?? photo.file.name} ${photo.file.size}`} photo=${photo} onRemove=${() => onPhotos(photos.filter((one) => one !== photo))} />`)}
          ${photos.length > SHOWN && html`<li class="thumbs-more">+${number(photos.length - SHOWN)}</li>`}</ul>
        <p class="line">${tn("count.photos", photos.length)}, ${bytes(total)}<button type="button" class="quiet" onClick=${() => onPhotos([])}>${t("listing.clear")}</button></p>`}
      ${photos.length === 0 && html`
        <div class="or"><span>${t("or")}</span></div>
        <${FolderField} id="catalogue" value=${catalogue} onChange=${onCatalogue} help=${t("listing.catalogue_help")} example=${t("listing.catalogue_example")} />`}
    </section>`;
}

function Thumb({ photo, onRemove }) {
  const name = photo.file.packshotName ?? photo.file.name;
  const address = useMemo(() => URL.createObjectURL(photo.file), [photo]);
  const [broken, setBroken] = useState(!isPicture(photo.file));
  useEffect(() => () => URL.revokeObjectURL(address), [address]);
  return html`
    <li class="thumb" title=${name}>
      ${broken ? html`<span class="thumb-none"><${Icon} name="picture" />${name.split(".").pop().toUpperCase()}</span>` : html`<img src=${address} alt=${name} loading="lazy" onError=${() => setBroken(true)} />`}
      <button type="button" class="thumb-away" aria-label=${t("listing.remove", { name })} onClick=${onRemove}><${Icon} name="close" size=${14} /></button>
    </li>`;
}

const Recipes = ({ pipelines, value, onChange }) => html`
  <section class="choose">
    <h2><span class="choose-number">2</span>${t("listing.recipe")}</h2>
    <div class="choices" role="radiogroup" aria-label=${t("listing.recipe")}>
      ${pipelines.map((one) => html`
        <label class="choice" key=${one.name}>
          <input type="radio" name="pipeline" value=${one.name} checked=${one.name === value} onChange=${() => onChange(one.name)} />
          <span class="choice-body"><b>${spokenText(one.title) || one.name}</b><span class="help">${spokenText(one.description)}</span></span>
        </label>`)}
    </div>
    <p class="help">${t("listing.recipe_help")}</p>
  </section>`;

function Channels({ channels, wanted, onWanted }) {
  const [text, setText] = useState("");
  const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const found = channels.filter((one) => words.every((word) => `${one.id} ${one.platform} ${one.use} ${one.region}`.toLowerCase().includes(word)));
  const groups = Map.groupBy(found, (one) => one.platform);
  const flip = (id) => onWanted(wanted.includes(id) ? wanted.filter((one) => one !== id) : channels.map((one) => one.id).filter((one) => one === id || wanted.includes(one)));
  return html`
    <section class="choose">
      <h2><span class="choose-number">3</span>${t("listing.channels")}</h2>
      <div class="toolbar">
        <label class="search"><${Icon} name="search" size=${16} /><input type="search" value=${text} placeholder=${t("listing.search")} aria-label=${t("listing.search")} onInput=${(event) => setText(event.target.value)} /></label>
        <span class="soft">${tn("count.chosen", wanted.length)}</span>
        ${wanted.length > 0 && html`<button type="button" class="quiet" onClick=${() => onWanted([])}>${t("listing.clear")}</button>`}
      </div>
      <div class="channels">
        ${[...groups].map(([platform, rows]) => html`
          <fieldset class="channel-group" key=${platform}>
            <legend>${platform}</legend>
            ${rows.map((one) => html`
              <label class="channel" key=${one.id}>
                <input type="checkbox" class="box" checked=${wanted.includes(one.id)} onChange=${() => flip(one.id)} />
                <span class="channel-use">${one.use}</span>
                <span class="channel-size">${one.width} × ${one.height}</span>
                <span class=${`grade ${one.confidence}`} title=${t(`grade.${one.confidence}`)} aria-label=${t(`grade.${one.confidence}`)}>${one.confidence}</span>
              </label>`)}
          </fieldset>`)}
        ${found.length === 0 && html`<p class="help">${t("listing.no_channel")}</p>`}
      </div>
    </section>`;
}

function Recent({ channels }) {
  const { data, again } = service.useAsked(() => service.jobs({ kind: "listing", limit: 6 }));
  service.useRepeated(again, 3, data?.some((one) => !service.FINISHED.includes(one.state)));
  if (!data?.length) return null;
  return html`
    <section class="recent">
      <h2>${t("listing.recent")}</h2>
      <ul class="rows">${data.map((job) => html`
        <li key=${job.id}><a class="row" href=${link("listing", job.id)}>
          <span class="row-name">${listingName(job, channels)}</span><span class="row-told">${told(job)}</span><span class="row-time">${moment(job.created)}</span><${Chip} state=${job.state} wanted=${job.wanted} />
          ${job.state === "running" && html`<${Bar} share=${shareOf(job)} label=${t("progress")} />`}
        </a></li>`)}</ul>
    </section>`;
}

/** A listing in a few words: what went in, for which platforms. */
export function listingName(job, channels) {
  const { files, catalogue, parameters } = job.request;
  const what = files.length ? tn("count.photos", files.length) : catalogue;
  const platforms = (parameters.channels ?? []).map((id) => channels?.find((one) => one.id === id)?.platform ?? id);
  return `${what} → ${[...new Set(platforms)].join(", ")}`;
}
