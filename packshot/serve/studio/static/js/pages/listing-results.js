/* What became of a listing: progress while it runs, every picture with its check marks, those to look at first. */
import { html, useCallback, useEffect, useMemo, useRef, useState } from "../lib.js";
import { t, tn } from "../i18n.js";
import { Icon } from "../icons.js";
import { link } from "../router.js";
import * as service from "../service.js";
import { Compare } from "../parts/compare.js";
import { Controls } from "../parts/control.js";
import { Empty, Waiting } from "../parts/empty.js";
import { reasons, ruleName } from "../parts/plain.js";
import { ruled, ruledMeasure } from "../parts/rule-words.js";
import { Bar, Chip, partsOf, shareOf, told } from "../parts/status.js";
import { Tabs } from "../parts/tabs.js";
import { ProblemBox } from "../parts/toast.js";
import { listingName } from "./listing-start.js";
import { Closer } from "./listing-closer.js";

const AT_ONCE = 60;
const HELD = "held/";

/** ready, look (flagged, but usable), held (the channel would refuse it), failed. */
export const standing = (result) => (result.status === "failed" ? "failed" : result.name.startsWith(HELD) ? "held" : result.status === "flagged" ? "flagged" : "ready");
const ORDER = ["failed", "held", "flagged", "ready"];

const channelName = (id, channels) => {
  const found = channels?.find((one) => one.id === id);
  return found ? `${found.platform}, ${found.use}` : id;
};

/** The pictures among the results, those to look at first. */
const pictures = (results) => results.filter((one) => one.status).sort((a, b) => ORDER.indexOf(standing(a)) - ORDER.indexOf(standing(b)) || a.name.localeCompare(b.name, undefined, { numeric: true }));

function useResults(id, job) {
  const [found, setFound] = useState(null);
  const [problem, setProblem] = useState(null);
  const mark = job ? `${job.progress?.finished ?? 0} ${job.state}` : "";
  const busy = useRef(false);
  const again = useRef(false);
  const look = useCallback(async () => {
    if (busy.current) { again.current = true; return; }
    busy.current = true;
    do {
      again.current = false;
      try {
        setFound(await service.results(id));
        setProblem(null);
      } catch (wrong) {
        setProblem(wrong);
      }
    } while (again.current);
    busy.current = false;
  }, [id]);
  useEffect(() => { if (mark) look(); }, [mark, look]);
  return { found, problem, look };
}

export function Results({ id }) {
  const { job, problem, again } = service.useJob(id);
  const { found, problem: lost, look } = useResults(id, job);
  const { data: channels } = service.useAsked(service.channels);
  const [tally, setTally] = useState("all");
  const [channel, setChannel] = useState("");
  const [most, setMost] = useState(AT_ONCE);
  const [open, setOpen] = useState(null);
  const all = useMemo(() => pictures(found ?? []), [found]);
  if (problem && !job) return html`<div class="page narrow"><${ProblemBox} problem=${problem} retry=${again} /></div>`;
  if (!job) return html`<${Waiting} />`;
  const of = all.filter((one) => !channel || one.facts.variant === channel);
  const counts = Object.fromEntries(ORDER.map((name) => [name, of.filter((one) => standing(one) === name).length]));
  const shown = of.filter((one) => tally === "all" || standing(one) === tally);
  const variants = [...new Set(all.map((one) => one.facts.variant).filter(Boolean))];
  const report = (found ?? []).find((one) => one.name === "report.html");
  const rows = [{ value: "all", name: t("tally.all"), count: of.length }, ...ORDER.filter((name) => counts[name] || name === "ready").map((name) => ({ value: name, name: t(`tally.${name}`), count: counts[name], look: name }))];
  return html`
    <div class="page">
      <header class="page-head">
        <a class="crumb" href=${link("listing")}><${Icon} name="left" size=${16} />${t("page.listing")}</a>
        <h1>${listingName(job, channels)}</h1><${Chip} state=${job.state} wanted=${job.wanted} />
        <span class="spring"></span>
        <div class="actions">
          <${Controls} job=${job} onDone=${again} />
          ${report && html`<a class="button" href=${service.resultAddress(id, report.name)} download><${Icon} name="link" size=${16} />${t("listing.report")}</a>`}
          ${all.length > 0 && html`<a class=${`button ${job.state === "done" ? "primary" : ""}`} href=${service.zipAddress(id)} download><${Icon} name="download" size=${16} />${t("listing.zip")}</a>`}
        </div>
      </header>
      <${Progress} job=${job} />
      ${job.error && html`<${ProblemBox} problem=${{ title: t("job.failed"), detail: job.error }} />`}
      ${lost && html`<${ProblemBox} problem=${lost} retry=${look} />`}
      ${all.length > 0 && html`
        <div class="toolbar">
          <${Tabs} rows=${rows} value=${tally} onChange=${(value) => { setTally(value); setMost(AT_ONCE); }} label=${t("listing.filter")} />
          ${variants.length > 1 && html`<span class="select inline"><select aria-label=${t("listing.channel")} value=${channel} onChange=${(event) => setChannel(event.target.value)}>
            <option value="">${t("listing.every_channel")}</option>${variants.map((one) => html`<option key=${one} value=${one}>${channelName(one, channels)}</option>`)}</select><${Icon} name="down" size=${16} /></span>`}
        </div>
        <ul class="cards">${shown.slice(0, most).map((one, index) => html`<${Card} key=${one.name} job=${job} result=${one} channels=${channels} onOpen=${() => setOpen(index)} />`)}</ul>
        ${shown.length > most && html`<div class="actions centre"><button type="button" class="button" onClick=${() => setMost(most + AT_ONCE)}>${tn("listing.more", Math.min(AT_ONCE, shown.length - most))}</button></div>`}
        ${shown.length === 0 && html`<p class="nothing">${t("listing.nothing_here")}</p>`}`}
      ${all.length === 0 && found && service.FINISHED.includes(job.state) && html`<${Empty} icon="listing" title=${t("listing.empty")} text=${t("listing.empty_text")}><a class="button" href=${link("listing")}>${t("listing.again")}</a><//>`}
      ${open !== null && shown[open] && html`<${Closer} job=${job} results=${shown} index=${open} onIndex=${setOpen} channels=${channels ?? []} onClose=${() => setOpen(null)} />`}
    </div>`;
}

function Progress({ job }) {
  if (service.FINISHED.includes(job.state) && job.state !== "failed") return null;
  return html`
    <section class="running" aria-live="polite">
      <${Bar} share=${shareOf(job)} parts=${partsOf(job)} label=${t("progress")} />
      <p class="soft">${told(job) || t(`state.${job.state}.text`)}</p>
    </section>`;
}

function Card({ job, result, channels, onOpen }) {
  const { facts } = result;
  const stands = standing(result);
  const name = facts.sku || facts.image || result.name;
  const breaches = (facts.checks ?? []).filter((one) => one.outcome === "fail" || one.outcome === "warn");
  const words = reasons(facts);
  const whole = { after: result.digest ? service.previewAddress(job.id, result.name) : "", before: service.previewAddress(job.id, result.name, 640, "before") };
  return html`
    <li class=${`result ${stands}`}>
      ${result.digest ? html`<${Compare} ...${whole} name=${name} ratio=${1} clear=${result.media_type !== "image/jpeg"} />`
        : html`<div class="compare missing"><${Icon} name="picture" size=${28} /><span>${t("listing.no_picture")}</span></div>`}
      <div class="result-text">
        <p class="result-head"><b title=${name}>${name}</b><${Chip} state=${stands} words=${t(`tally.${stands}`)} /></p>
        <p class="result-where">${facts.variant ? channelName(facts.variant, channels) : result.name}</p>
        ${(words.length > 0 || breaches.length > 0) && html`<ul class="marks">
          ${words.map((text) => html`<li key=${text}><${Icon} name="warn" size=${14} /><span>${text}</span></li>`)}
          ${breaches.map((one) => html`<li key=${one.rule} class=${one.outcome}><${Icon} name=${one.outcome === "fail" ? "cross" : "warn"} size=${14} /><span>${ruleName(one.rule)}: ${ruledMeasure(one)}${one.expected ? html` <span class="faint">(${t("finding.expected", { what: ruled(one.expected) })})</span>` : ""}</span></li>`)}
        </ul>`}
        <div class="result-foot">
          <button type="button" class="quiet" onClick=${onOpen} aria-label=${t("listing.look", { name })}><${Icon} name="eye" size=${16} />${t("listing.details")}</button>
          ${result.digest && html`<a class="quiet" href=${service.resultAddress(job.id, result.name)} download aria-label=${t("listing.get", { name })}><${Icon} name="download" size=${16} />${t("download")}</a>`}
        </div>
      </div>
    </li>`;
}
