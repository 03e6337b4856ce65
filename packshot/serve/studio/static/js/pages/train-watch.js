/* A training as it goes: where it stands, its curves, the samples it drew, and what it left behind. */
import { html, useMemo, useState } from "../lib.js";
import { bytes, duration, known, number, t } from "../i18n.js";
import { Icon } from "../icons.js";
import { link } from "../router.js";
import * as service from "../service.js";
import { Curve } from "../parts/chart.js";
import { Controls } from "../parts/control.js";
import { Waiting } from "../parts/empty.js";
import { Bar, Chip, shareOf, speed } from "../parts/status.js";
import { ProblemBox } from "../parts/toast.js";

/** The curves of progress records: name → [[images, value], …], losses first. A run that went back drops what it repeats. */
export function curvesOf(lines) {
  const curves = new Map();
  for (const kind of ["losses", "numbers"]) {
    for (const line of lines) {
      for (const [name, value] of Object.entries(line[kind] ?? {})) {
        if (typeof value !== "number") continue;
        const points = curves.get(name) ?? [];
        while (points.length && points.at(-1)[0] >= line.images) points.pop();
        points.push([line.images, value]);
        curves.set(name, points);
      }
    }
  }
  return curves;
}

export function Watch({ id }) {
  const [lines, setLines] = useState([]);
  const [samples, setSamples] = useState([]);
  const { job, problem, again } = service.useJob(id, ({ kind, data }) => {
    if (kind === "progress" && data.losses) setLines((all) => [...all, data]);
    if (kind === "sample") setSamples((all) => [...all.filter((one) => one.name !== data.name), data]);
  });
  const { data: found } = service.useAsked(() => service.results(id), [id, job?.state, samples.length]);
  const curves = useMemo(() => [...curvesOf(lines)], [lines]);
  if (problem && !job) return html`<div class="page narrow"><${ProblemBox} problem=${problem} retry=${again} /></div>`;
  if (!job) return html`<${Waiting} />`;
  const { progress } = job;
  const networks = (found ?? []).filter((one) => one.name.endsWith(".safetensors") && !one.name.includes("state"));
  return html`
    <div class="page">
      <header class="page-head">
        <a class="crumb" href=${link("train")}><${Icon} name="left" size=${16} />${t("page.train")}</a>
        <h1>${job.request.parameters.preset}</h1><${Chip} state=${job.state} wanted=${job.wanted} /><span class="spring"></span>
        <div class="actions"><${Controls} job=${job} onDone=${again} />${networks.length > 0 && html`<a class="button primary" href=${service.zipAddress(id)} download><${Icon} name="download" size=${16} />${t("listing.zip")}</a>`}</div>
      </header>
      <section class="running"><${Bar} share=${shareOf(job)} label=${t("progress")} />
        <dl class="figures">
          <div><dt>${t("train.images")}</dt><dd>${number(progress.images ?? 0)}${progress.total_images ? html`<span class="soft"> / ${number(progress.total_images)}</span>` : ""}</dd></div>
          <div><dt>${t("train.rate")}</dt><dd>${progress.rate ? speed(progress.rate) : "–"}</dd></div>
          <div><dt>${t("train.spent")}</dt><dd>${duration(progress.seconds ?? 0)}</dd></div>
          <div><dt>${t("train.left")}</dt><dd>${job.state === "running" && Number.isFinite(progress.eta) ? duration(progress.eta) : "–"}</dd></div>
        </dl></section>
      ${job.error && html`<${ProblemBox} problem=${{ title: t("job.failed"), detail: job.error }} />`}
      ${progress.verdict && html`<p class="notice flagged"><${Icon} name="warn" />${progress.verdict}</p>`}
      ${lines.length === 0 && !service.FINISHED.includes(job.state) && html`<${Waiting} text=${t(job.state === "queued" ? "state.queued.text" : "train.first_line")} />`}
      <div class="split even">
        ${curves.length > 0 && html`<section class="card"><h2>${t("train.curves")}</h2><div class="curves">${curves.map(([name, points]) => html`<${Curve} key=${name} name=${known(`curve.${name}`) ? t(`curve.${name}`) : name.replaceAll("_", " ")} points=${points} />`)}</div></section>`}
        ${samples.length > 0 && html`<${Samples} id=${id} samples=${samples} />`}
      </div>
      ${networks.length > 0 && html`<section class="card"><h2>${t("train.networks")}</h2><ul class="files">${networks.map((one) => html`<li key=${one.name}><a class="a" href=${service.resultAddress(id, one.name)} download>${one.name}</a><span class="soft">${bytes(one.size)}</span></li>`)}</ul><p class="help">${t("train.use")}</p></section>`}
    </div>`;
}

/** The samples, the newest shown; a slider goes back in time. */
function Samples({ id, samples }) {
  const [at, setAt] = useState(null);
  const index = at === null ? samples.length - 1 : Math.min(at, samples.length - 1);
  const shown = samples[index];
  const when = t("chart.at", { images: number(shown.images ?? 0) });
  return html`
    <section class="card"><h2>${t("train.samples")}</h2>
      <img class="samples" src=${service.resultAddress(id, shown.name)} alt=${t("train.sample_alt", { images: number(shown.images ?? 0) })} />
      <p class="line"><span class="soft">${when}</span></p>
      ${samples.length > 1 && html`<input type="range" min="0" max=${samples.length - 1} step="1" value=${index} style=${{ "--to": `${(100 * index) / (samples.length - 1)}%` }} aria-label=${t("train.samples")} aria-valuetext=${when} onInput=${(event) => setAt(Number(event.target.value) === samples.length - 1 ? null : Number(event.target.value))} />`}
    </section>`;
}
