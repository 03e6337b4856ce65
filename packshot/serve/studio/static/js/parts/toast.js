/* Short messages at the edge of the page, and how a problem of the service is shown wherever it belongs. */
import { Fragment, html, useEffect, useRef } from "../lib.js";
import { known, t } from "../i18n.js";
import { Icon } from "../icons.js";
import { box, useBox } from "../state.js";

const toasts = box([]);
let count = 0;

const drop = (id) => toasts.set((all) => all.filter((one) => one.id !== id));

/** A short message that goes by itself. */
export function say(text, kind = "done") {
  const id = ++count;
  toasts.set((all) => [...all.slice(-3), { id, text, kind }]);
  setTimeout(() => drop(id), 5000);
}

/** A problem; it stays until it is put away. Aborted requests say nothing. */
export function complain(problem) {
  if (problem?.name === "AbortError") return;
  if (!("status" in problem)) console.error(problem);
  const id = ++count;
  toasts.set((all) => [...all.filter((one) => one.problem?.message !== problem.message).slice(-3), { id, problem, kind: "failed" }]);
}

/** What a problem is called in the reader's language. */
export function headline(problem) {
  if (problem.unreachable) return t("problem.unreachable");
  const key = `problem.${problem.status}`;
  if (known(key)) return t(key);
  return problem.title || t("problem.other");
}

/** Title, what was wrong, where, how to mend it, and the number to ask about. */
export function ProblemText({ problem }) {
  const facts = [["field", problem.field], ["expected", problem.expected], ["got", problem.got]].filter(([, value]) => value !== undefined && value !== "" && value !== null);
  const detail = problem.unreachable ? t("problem.unreachable.mend") : problem.detail || problem.message;
  const more = (problem.errors ?? []).slice(0, 6);
  return html`
    <${Fragment}>
      <b class="problem-title">${headline(problem)}</b>
      ${detail && html`<p class="problem-detail">${detail}</p>`}
      ${facts.length > 0 && html`<dl class="problem-facts">${facts.map(([name, value]) => html`<div key=${name}><dt>${t(`problem.${name}`)}</dt><dd>${typeof value === "string" ? value : JSON.stringify(value)}</dd></div>`)}</dl>`}
      ${more.length > 0 && html`<ul class="problem-more">${more.map((one, index) => html`<li key=${index}>${one.field && html`<code>${one.field}</code>`} ${one.detail ?? one.expected ?? ""}</li>`)}</ul>`}
      ${problem.mend && html`<p class="problem-mend">${problem.mend}</p>`}
      ${problem.request && html`<p class="problem-request">${t("problem.request", { id: problem.request })}</p>`}
    <//>`;
}

/** A problem where it happened, with a way to try again. */
export function ProblemBox({ problem, retry = null }) {
  return html`
    <div class="notice failed" role="alert">
      <${Icon} name="warn" />
      <div><${ProblemText} problem=${problem} />
        ${retry && html`<button type="button" class="button small" onClick=${retry}><${Icon} name="retry" size=${16} />${t("again")}</button>`}
      </div>
    </div>`;
}

/** The corner where messages appear. */
export function Toasts() {
  const all = useBox(toasts);
  const region = useRef(null);
  useEffect(() => { // above an open dialog too: the top layer is the only place that is
    const node = region.current;
    if (!node?.showPopover) return;
    if (all.length && !node.matches(":popover-open")) node.showPopover();
    if (!all.length && node.matches(":popover-open")) node.hidePopover();
  }, [all.length]);
  return html`
    <div class="toasts" ref=${region} popover="manual" role="region" aria-label=${t("messages")}>
      ${all.map((one) => html`
        <div class=${`toast ${one.kind}`} key=${one.id} role=${one.problem ? "alert" : "status"}>
          <${Icon} name=${one.problem ? "warn" : "check"} />
          <div class="toast-text">${one.problem ? html`<${ProblemText} problem=${one.problem} />` : one.text}</div>
          <button type="button" class="quiet round" aria-label=${t("close")} onClick=${() => drop(one.id)}><${Icon} name="close" size=${16} /></button>
        </div>`)}
    </div>`;
}
