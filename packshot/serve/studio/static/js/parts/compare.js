/* Before and after on one picture: a line that a mouse, a finger or the arrow keys move.
   The control is the browser's own range input, laid over the picture. */
import { html, useState } from "../lib.js";
import { number, t } from "../i18n.js";
import { Icon } from "../icons.js";

/**
 * before, after: addresses of pictures (`before` may be empty). name: what is seen, for the alternative texts.
 * placed: CSS transform that lays `before` onto `after`, where their frames differ. clear: `after` is transparent.
 * start: where the line begins, percent shown of `before`.
 */
export function Compare({ before, after, name, ratio = 1, placed = null, clear = false, start = 50, lazy = true }) {
  const [at, setAt] = useState(start);
  const [broken, setBroken] = useState({});
  const fails = (which) => () => setBroken((old) => ({ ...old, [which]: true }));
  const loading = lazy ? "lazy" : "eager";
  const two = before && !broken.before;
  if (!after || broken.after) return html`<div class="compare missing" style=${{ aspectRatio: ratio }}><${Icon} name="picture" size=${28} /><span>${t("compare.none")}</span></div>`;
  return html`
    <div class="compare" style=${{ "--x": `${two ? at : 0}%`, aspectRatio: ratio }}>
      <img class=${`after ${clear ? "clear" : ""}`} src=${after} alt=${t("compare.after", { name })} loading=${loading} decoding="async" onError=${fails("after")} />
      ${two && html`
        <span class="before"><img class=${placed ? "placed" : ""} style=${placed ?? undefined} src=${before} alt=${t("compare.before", { name })} loading=${loading} decoding="async" onError=${fails("before")} /></span>
        <input type="range" class="compare-range" min="0" max="100" step="1" value=${at} aria-label=${t("compare.line", { name })}
          aria-valuetext=${t("compare.value", { before: number(at), after: number(100 - at) })} onInput=${(event) => setAt(Number(event.target.value))} />
        <span class="compare-line" aria-hidden="true"></span>
        <span class=${`tag left ${at < 14 ? "gone" : ""}`} aria-hidden="true">${t("before")}</span>
        <span class=${`tag right ${at > 86 ? "gone" : ""}`} aria-hidden="true">${t("after")}</span>`}
    </div>`;
}

/** CSS that lays a photo onto a result, from `to_source` (3×3, result px → photo px) and both sizes [h, w]. */
export function placement(toSource, resultSize, photoSize) {
  if (!toSource?.length || !resultSize?.length || !photoSize?.length) return null;
  const [[a, b, c], [d, e, f]] = toSource;
  const whole = a * e - b * d;
  if (!whole) return null;
  const [height, width] = resultSize;
  const inverse = [e / whole, -d / whole, -b / whole, a / whole];
  const x = (b * f - e * c) / whole;
  const y = (d * c - a * f) / whole;
  const turned = Math.abs(inverse[1]) > 1e-6 || Math.abs(inverse[2]) > 1e-6;
  return {
    left: `${(100 * x) / width}%`, top: `${(100 * y) / height}%`,
    width: `${(100 * photoSize[1] * (turned ? 1 : inverse[0])) / width}%`, height: `${(100 * photoSize[0] * (turned ? 1 : inverse[3])) / height}%`,
    ...(turned ? { transform: `matrix(${inverse.join(",")},0,0)`, transformOrigin: "0 0" } : {}),
  };
}
