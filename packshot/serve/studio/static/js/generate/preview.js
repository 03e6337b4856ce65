/* One picture that follows every slider, and the way from one picture to another. */
import { html, useId } from "../lib.js";
import { number, t } from "../i18n.js";
import { Icon } from "../icons.js";
import { ProblemBox } from "../parts/toast.js";

const told = (report) => Object.entries(report?.attributes ?? {}).filter(([name]) => name !== "between" && name !== "at").map(([, value]) => value).join(", ");

/** `live`: see useLive. `way`: {a, b, at, straight} or null. */
export function Preview({ live, way, onWay, onEnd, onKeep, onAnimate, animating, title }) {
  const id = useId();
  const { shown, busy, problem } = live;
  const name = way ? t("generate.on_the_way", { percent: number(100 * way.at) }) : told(shown?.report) || title;
  return html`
    <section class="preview" aria-label=${t("generate.preview")}>
      <div class=${`preview-picture ${busy ? "busy" : ""}`}>
        ${shown ? html`<img src=${shown.url} alt=${t("generate.preview_of", { name })} class=${shown.report.width < 128 ? "pixels" : ""} />` : html`<span class="spinner" aria-hidden="true"></span>`}
        ${shown && html`<span class="preview-time" title=${t("generate.time_tip")}>${number(shown.ms)} ms</span>`}
      </div>
      <div class="preview-words">
        <h2>${way ? t("generate.way") : t("generate.preview")}</h2>
        <p class="soft" aria-live="polite">${way ? name : html`${name} <span class="faint">${title}</span>`}</p>
        ${problem && html`<${ProblemBox} problem=${problem} />`}
        ${way ? html`
          <div class="way">
            <img src=${way.a.url} alt=${t("generate.from")} class="pixels" />
            <input type="range" id=${id} min="0" max="1" step="0.005" value=${way.at} aria-label=${t("generate.place")} aria-valuetext=${`${number(100 * way.at)} %`}
              style=${{ "--from": "0%", "--to": `${100 * way.at}%` }} onInput=${(event) => onWay({ at: Number(event.target.value) })} />
            <img src=${way.b.url} alt=${t("generate.to")} class="pixels" />
          </div>
          <label class="check"><input type="checkbox" class="box" checked=${way.straight} onChange=${(event) => onWay({ straight: event.target.checked })} /><span>${t("generate.straight")}</span></label>` : html`<p class="help">${t("generate.preview_help")}</p>`}
        <div class="actions">
          <button type="button" class="button" disabled=${!shown || busy} onClick=${onKeep}><${Icon} name="plus" size=${16} />${t("generate.keep")}</button>
          ${way && html`<button type="button" class="button" disabled=${animating} onClick=${onAnimate}><${Icon} name="download" size=${16} />${t(animating ? "generate.animating" : "generate.animate")}</button>
            <button type="button" class="button" onClick=${onEnd}><${Icon} name="close" size=${16} />${t("generate.end_way")}</button>`}
        </div>
      </div>
    </section>`;
}
