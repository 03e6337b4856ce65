/* What a channel's rules say of a picture: each with what was measured, what is asked, by whom and since when. */
import { html } from "../lib.js";
import { spokenText, t } from "../i18n.js";
import { Icon } from "../icons.js";
import { ruleName } from "./plain.js";
import { ruled, ruledMeasure } from "./rule-words.js";

const LOOKS = { fail: ["failed", "cross"], warn: ["flagged", "warn"], hint: ["hint", "info"], skip: ["hint", "minus"], pass: ["done", "check"] };
const GRAVITY = ["fail", "warn", "hint", "skip", "pass"];

/** Rules of a channel that a picture keeps: those nothing was said of. */
export function kept(channel, findings) {
  const said = new Set(findings.map((one) => one.rule));
  const rules = Object.entries(channel ?? {}).filter(([name, rule]) => rule?.as_of && !said.has(name));
  return rules.map(([name, rule]) => ({ rule: name, outcome: "pass", ...rule }));
}

const Source = ({ text }) => {
  const address = /https?:\/\/[^\s;,)]+/.exec(text ?? "")?.[0];
  if (!address) return html`<span>${text}</span>`;
  const [before, after] = text.split(address);
  return html`<span>${before}<a class="a" href=${address} target="_blank" rel="noreferrer noopener">${new URL(address).hostname}</a>${after}</span>`;
};

const Finding = ({ one }) => {
  const [look, icon] = LOOKS[one.outcome] ?? LOOKS.hint;
  return html`
    <li class=${`finding ${look}`}>
      <span class="finding-icon"><${Icon} name=${icon} size=${16} /></span>
      <div>
        <p class="finding-head"><b>${ruleName(one.rule)}</b><span class="finding-outcome">${t(`outcome.${one.outcome}`)}</span></p>
        ${one.measured && html`<p>${ruledMeasure(one)}</p>`}
        ${one.expected && html`<p class="soft">${t("finding.expected", { what: ruled(one.expected) })}</p>`}
        ${one.mend && html`<p class="soft">${t("finding.mend", { how: ruled(one.mend) })}</p>`}
        <p class="finding-source"><span class=${`grade ${one.confidence}`} title=${t(`grade.${one.confidence}`)}>${one.confidence}</span><${Source} text=${spokenText(one.source)} /><span>${one.as_of}</span></p>
      </div>
    </li>`;
};

/** All findings, the gravest first; those that pass are folded away. */
export function Findings({ findings, channel }) {
  const passed = kept(channel, findings);
  const sorted = [...findings].sort((a, b) => GRAVITY.indexOf(a.outcome) - GRAVITY.indexOf(b.outcome));
  return html`
    <div class="findings">
      ${sorted.length > 0 && html`<ul>${sorted.map((one, index) => html`<${Finding} key=${index} one=${one} />`)}</ul>`}
      ${passed.length > 0 && html`
        <details class="fold" open=${sorted.length === 0}><summary><${Icon} name="right" size=${16} />${t("finding.passed", { n: passed.length })}</summary>
          <ul>${passed.map((one) => html`<${Finding} key=${one.rule} one=${one} />`)}</ul></details>`}
    </div>`;
}
