/* The same drawing under other seeds: four at a time, one of them chosen. */
import { html, useEffect, useState } from "../lib.js";
import { number, t } from "../i18n.js";
import { Icon } from "../icons.js";
import { complain } from "../parts/toast.js";
import { made } from "./board.js";

const COUNT = 4;

/** Four variants after `seed`, asked for one after the other; they are outdated with the drawing (`version`). */
export function Variants({ painted, version, operation, values, seed, onSeed }) {
  const [found, setFound] = useState({ key: "", list: [] });
  const [busy, setBusy] = useState(false);
  const key = `${version} ${JSON.stringify(values)}`;
  const list = found.key === key ? found.list : [];
  useEffect(() => () => found.list.forEach(({ url }) => URL.revokeObjectURL(url)), [found.key]);
  const draw = async () => {
    setBusy(true);
    try {
      const drawing = await painted.raster.png();
      const fresh = [];
      for (let next = 1; next <= COUNT; next += 1) {
        fresh.push(await made(drawing, operation, values, seed + next));
        setFound({ key, list: [...fresh] });
      }
    } catch (problem) {
      complain(problem);
    }
    setBusy(false);
  };
  return html`
    <div class="variants">
      <div class="actions">
        <button type="button" class="button" onClick=${() => onSeed(seed + 1)}><${Icon} name="dice" size=${16} />${t("sketch.another")}</button>
        <button type="button" class="button" disabled=${busy} onClick=${draw}>${t("sketch.four")}</button>
        <span class="faint">${t("sketch.seed", { seed: number(seed) })}</span>
      </div>
      ${list.length > 0 && html`<ul class="variant-row">${list.map((one) => html`
        <li key=${one.seed}><button type="button" aria-pressed=${one.seed === seed} aria-label=${t("sketch.take", { seed: number(one.seed) })} onClick=${() => onSeed(one.seed)}><img src=${one.url} alt="" class=${one.report.width < 128 ? "pixels" : ""} /></button></li>`)}</ul>`}
    </div>`;
}
