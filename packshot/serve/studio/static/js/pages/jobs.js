/* Jobs: everything that was handed in, what it is doing, and the buttons that steer it. `#/jobs/ID` shows one closely. */
import { html, useState } from "../lib.js";
import { bytes, duration, moment, number, t, tn } from "../i18n.js";
import { Icon } from "../icons.js";
import { link } from "../router.js";
import { useShortcut } from "../shortcuts.js";
import * as service from "../service.js";
import { Controls } from "../parts/control.js";
import { Empty, Waiting } from "../parts/empty.js";
import { Bar, Chip, partsOf, shareOf, told } from "../parts/status.js";
import { Tabs } from "../parts/tabs.js";
import { ProblemBox } from "../parts/toast.js";

export const Page = ({ rest }) => (rest[0] ? html`<${One} key=${rest[0]} id=${rest[0]} />` : html`<${All} />`);

const OPEN = "queued,running,paused";
const AT_ONCE = 50;
const PLACES = { listing: "listing", train: "train" }; // kinds with a page of their own

/** What a job works on, in a few words. */
function subject({ request }) {
  const { files, catalogue, parameters } = request;
  const own = parameters.preset ?? parameters.pipeline ?? parameters.checkpoint ?? "";
  const on = files.length ? tn("count.files", files.length) : catalogue;
  return [own, (parameters.channels ?? []).join(", "), on].filter(Boolean).join(" · ");
}

const took = (job) => (job.started ? duration((new Date(job.ended ?? Date.now()) - new Date(job.started)) / 1000) : "");

function All() {
  const [filter, setFilter] = useState("all");
  const [most, setMost] = useState(AT_ONCE);
  const states = { all: "", open: OPEN, done: "done", failed: "failed,cancelled" }[filter];
  const { data, problem, again } = service.useAsked(() => service.jobs({ state: states, limit: most }), [states, most]);
  service.useRepeated(again, 2, !problem);
  const rows = ["all", "open", "done", "failed"].map((value) => ({ value, name: t(`jobs.${value}`) }));
  return html`
    <div class="page">
      <header class="page-head"><h1>${t("page.jobs")}</h1><p>${t("jobs.intro")}</p></header>
      <div class="toolbar"><${Tabs} rows=${rows} value=${filter} onChange=${setFilter} label=${t("jobs.filter")} /></div>
      ${problem && html`<${ProblemBox} problem=${problem} retry=${again} />`}
      ${!data && !problem && html`<${Waiting} />`}
      ${data?.length === 0 && html`<${Empty} icon="jobs" title=${t(filter === "all" ? "jobs.empty" : "jobs.empty_here")} text=${t(filter === "all" ? "jobs.empty_text" : "jobs.empty_here_text")}>
        ${filter === "all" && html`<a class="button primary" href=${link("listing")}>${t("jobs.first")}</a>`}<//>`}
      ${data?.length > 0 && html`<ul class="rows">${data.map((job) => html`<${Row} key=${job.id} job=${job} onDone=${again} />`)}</ul>`}
      ${data?.length === most && html`<div class="actions centre"><button type="button" class="button" onClick=${() => setMost(most + AT_ONCE)}>${t("jobs.more")}</button></div>`}
    </div>`;
}

const Row = ({ job, onDone }) => html`
  <li class="job-row">
    <a class="row" href=${link("jobs", job.id)}>
      <span class="row-name"><b>${t(`kind.${job.kind}`)}</b> ${subject(job)}</span>
      <span class="row-told">${job.error || told(job)}</span>
      <span class="row-time">${moment(job.created)}${took(job) && ` · ${took(job)}`}</span>
      <${Chip} state=${job.state} wanted=${job.wanted} />
      ${["running", "paused"].includes(job.state) && html`<${Bar} share=${shareOf(job)} parts=${partsOf(job)} label=${t("progress")} />`}
    </a>
    <span class="row-buttons"><${Controls} job=${job} onDone=${onDone} small=${true} /></span>
  </li>`;

function One({ id }) {
  const [events, setEvents] = useState([]);
  const { job, problem, again } = service.useJob(id, (event) => setEvents((all) => remembered(all, event)));
  const { data: found } = service.useAsked(() => service.results(id), [id, job?.state, job?.last_event]);
  useShortcut("Escape", "jobs.back", () => { location.hash = link("jobs"); });
  if (problem && !job) return html`<div class="page narrow"><${ProblemBox} problem=${problem} retry=${again} /></div>`;
  if (!job) return html`<${Waiting} />`;
  return html`
    <div class="page">
      <header class="page-head">
        <a class="crumb" href=${link("jobs")}><${Icon} name="left" size=${16} />${t("page.jobs")}</a>
        <h1>${t(`kind.${job.kind}`)}</h1><${Chip} state=${job.state} wanted=${job.wanted} /><span class="spring"></span>
        <div class="actions"><${Controls} job=${job} onDone=${again} />
          ${PLACES[job.kind] && html`<a class="button" href=${link(PLACES[job.kind], id)}><${Icon} name=${job.kind} size=${16} />${t("jobs.open_page")}</a>`}
          ${found?.length > 0 && html`<a class="button primary" href=${service.zipAddress(id)} download><${Icon} name="download" size=${16} />${t("listing.zip")}</a>`}</div>
      </header>
      ${job.state !== "done" && html`<section class="running"><${Bar} share=${shareOf(job)} parts=${partsOf(job)} label=${t("progress")} /><p class="soft">${told(job) || t(`state.${job.state}.text`)}</p></section>`}
      ${job.error && html`<${ProblemBox} problem=${{ title: t("job.failed"), detail: job.error }} />`}
      <div class="split even">
        <section class="card"><h2>${t("jobs.asked")}</h2><${Asked} job=${job} /></section>
        <section class="card"><h2>${t("jobs.events")}</h2><${Events} events=${events} /></section>
      </div>
      ${found?.length > 0 && html`<section class="card"><h2>${t("jobs.results")}<span class="soft"> · ${number(found.length)}</span></h2><${Files} id=${id} found=${found} /></section>`}
    </div>`;
}

const MOST_EVENTS = 200;

/** The newest events; of a row of progress only the last. */
function remembered(all, event) {
  const last = all.at(-1);
  if (last && Number(event.id) <= Number(last.id)) return all; // seen before the line broke
  const kept = event.kind === "progress" && last?.kind === "progress" ? all.slice(0, -1) : all;
  return [...kept, event].slice(-MOST_EVENTS);
}

function Asked({ job }) {
  const { parameters, files, catalogue, webhook } = job.request;
  const rows = [["id", job.id], ["created", moment(job.created)], ["took", took(job)], ["attempts", job.attempts > 1 ? number(job.attempts) : ""], ["files", files.length ? tn("count.files", files.length) : ""], ["catalogue", catalogue], ["webhook", webhook]];
  const words = (value) => (Array.isArray(value) ? value.join(", ") : typeof value === "object" ? JSON.stringify(value) : String(value));
  const said = Object.entries(parameters).map(([name, value]) => [name, words(value)]);
  return html`<dl class="facts">
    ${rows.filter(([, value]) => value).map(([name, value]) => html`<div key=${name}><dt>${t(`jobs.${name}`)}</dt><dd>${value}</dd></div>`)}
    ${said.filter(([, value]) => value !== "").map(([name, value]) => html`<div key=${`p ${name}`}><dt><code>${name}</code></dt><dd>${value}</dd></div>`)}
  </dl>`;
}

/** How many pictures of a channel are ready, to be looked at, held back, failed. */
const tallied = ({ ready = 0, look = 0, held = 0, failed = 0 }) => [["ready", ready], ["flagged", look], ["held", held], ["failed", failed]]
  .filter(([, n]) => n > 0).map(([name, n]) => `${t(`tally.${name}`)} ${number(n)}`).join(", ");

/** What an event tells beside its name. */
function said({ kind, data = {} }) {
  if (kind === "progress") return told({ state: "running", progress: data });
  if (kind === "channels") return Object.entries(data.tallies ?? {}).map(([name, tally]) => `${name}: ${tallied(tally)}`).join("; ");
  if (kind === "result") return [data.name || data.image, data.status && t(`status.${data.status}`), data.reason].filter(Boolean).join(" · ");
  return data.text ?? data.error ?? data.why ?? data.name ?? (Object.keys(data).length ? JSON.stringify(data) : "");
}

const Events = ({ events }) => html`
  <ol class="events" tabindex="0" aria-label=${t("jobs.events")}>
    ${events.length === 0 && html`<li class="soft">${t("loading")}</li>`}
    ${[...events].reverse().map((event) => html`<li key=${event.id || `${event.kind} ${event.at}`}><time>${event.at ? moment(event.at) : ""}</time><b>${t(`event.${event.kind}`)}</b><span>${said(event)}</span></li>`)}
  </ol>`;

const SHOWN = 100;

function Files({ id, found }) {
  const [most, setMost] = useState(SHOWN);
  return html`
    <ul class="files">${found.slice(0, most).map((one) => html`
      <li key=${one.name}>
        ${one.digest ? html`<a class="a" href=${service.resultAddress(id, one.name)} download>${one.name}</a>` : html`<span>${one.name}</span>`}
        ${one.status && one.status !== "done" && html`<${Chip} state=${one.status} words=${t(`status.${one.status}`)} />`}
        <span class="soft">${one.digest ? bytes(one.size) : one.facts.reason}</span>
      </li>`)}</ul>
    ${found.length > most && html`<button type="button" class="quiet" onClick=${() => setMost(most + 1000)}>${t("jobs.more")}</button>`}`;
}
