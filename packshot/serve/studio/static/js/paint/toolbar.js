/* The tools of a painting: what the brush does, how large and soft it is, and what is done to the whole layer. */
import { html, useEffect, useId, useRef, useState } from "../lib.js";
import { number, t } from "../i18n.js";
import { Icon } from "../icons.js";
import { useBox } from "../state.js";
import { useShortcut } from "../shortcuts.js";
import { complain } from "../parts/toast.js";
import { keep } from "../edit/files.js";
import { change, resize, undo } from "./painting.js";

const KEYS = { pen: "b", brush: "b", eraser: "e", box: "m", fill: "f", keep: "k", away: "x" };

const Key = ({ keys, name, act }) => { useShortcut(keys, name, act); return null; };

/** Undo and redo by Ctrl/⌘ Z while painting; the page's own stays out of it. */
function useUndo(painted) {
  useEffect(() => {
    const heard = (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || event.target.closest?.("input[type=text], textarea")) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      undo(painted, event.shiftKey);
    };
    addEventListener("keydown", heard, true);
    return () => removeEventListener("keydown", heard, true);
  }, [painted]);
}

const Small = ({ icon, name, act, disabled = false }) => html`
  <button type="button" class="quiet round" aria-label=${t(name)} title=${t(name)} disabled=${disabled} onClick=${act}><${Icon} name=${icon} size=${18} /></button>`;

function Amount({ name, value, least, most, step, unit, told, onChange }) {
  const id = useId();
  const share = (100 * (told.toSlider(value) - least)) / (most - least);
  return html`
    <label class="paint-amount" for=${id}><span>${t(name)}</span>
      <input type="range" id=${id} min=${least} max=${most} step=${step} value=${told.toSlider(value)} style=${{ "--from": "0%", "--to": `${share}%` }}
        aria-valuetext=${`${number(told.shown(value))} ${unit}`} onInput=${(event) => onChange(told.fromSlider(Number(event.target.value)))} />
      <output class="number-like">${number(told.shown(value))} ${unit}</output></label>`;
}

const SIZE = { toSlider: (radius) => Math.log2(radius), fromSlider: (value) => Math.round(2 ** value), shown: (radius) => 2 * radius };
const SOFT = { toSlider: (share) => share, fromSlider: (value) => value, shown: (share) => Math.round(100 * share) };

/** `painted`: see painting.js; `name`: what the layer's file is called; `size`: the picture's, for the file. */
export function PaintTools({ painted, name, size, onDone = null, hint = "", plain = false, load: loads = "paint.load", save: saves = "paint.save" }) {
  const { tool, radius, softness } = useBox(painted.brush);
  useBox(painted.version);
  useUndo(painted);
  const chooser = useRef(null);
  const id = useId();
  const [soften, setSoften] = useState(4);
  const { raster, kind, share } = painted;
  const take = (tool) => painted.brush.set((old) => ({ ...old, tool }));
  const load = async (file) => {
    if (!file) return;
    try {
      raster.begin();
      await raster.load(file);
      raster.end();
      painted.version.set((n) => n + 1);
    } catch {
      raster.cancel();
      complain({ status: 0, title: t("paint.unreadable"), detail: t("paint.unreadable_text", { name: file.name }) });
    }
  };
  const names = Object.keys(painted.tools);
  return html`
    <div class="paint-tools" role="toolbar" aria-label=${t("paint.tools")}>
      <div class="segments" role="radiogroup" aria-label=${t("paint.tool")}>
        ${names.map((one) => html`
          <label class="segment" key=${one} title=${t(`paint.${one}_tip`, { key: KEYS[one] })}><input type="radio" name=${id} value=${one} checked=${one === tool} onChange=${() => take(one)} /><span class=${`is-${one}`}><${Icon} name=${one} size=${18} /><b class="paint-word">${t(`paint.${one}`)}</b></span></label>`)}
      </div>
      ${tool !== "box" && tool !== "fill" && html`<${Amount} name="paint.size" value=${radius} least=${0} most=${9.2} step=${0.1} unit="px" told=${SIZE} onChange=${(value) => painted.brush.set((old) => ({ ...old, radius: value }))} />`}
      ${kind === "mask" && !plain && tool !== "box" && tool !== "fill" && html`<${Amount} name="paint.softness" value=${softness} least=${0} most=${1} step=${0.05} unit="%" told=${SOFT} onChange=${(value) => painted.brush.set((old) => ({ ...old, softness: value }))} />`}
      <div class="paint-row">
        <${Small} icon="undo" name="paint.undo" act=${() => undo(painted)} disabled=${!raster.done.length} />
        <${Small} icon="redo" name="paint.redo" act=${() => undo(painted, true)} disabled=${!raster.undone.length} />
        <span class="rule-up" aria-hidden="true"></span>
        ${!plain && html`<${Small} icon="invert" name="paint.invert" act=${() => change(painted, (one) => one.invert())} />`}
        ${kind === "mask" && !plain && html`<${Small} icon="feather" name="paint.feather" act=${() => change(painted, (one) => one.soften(Math.max(0.5, soften * share)))} />
          <label class="number paint-soften" title=${t("paint.feather_px")}><input type="text" inputmode="numeric" aria-label=${t("paint.feather_px")} value=${soften} onInput=${(event) => { const n = Number(event.target.value); if (n > 0 && n <= 200) setSoften(n); }} /><span class="unit">px</span></label>`}
        <${Small} icon="bin" name="paint.clear" act=${() => change(painted, (one) => one.clear())} />
        <span class="rule-up" aria-hidden="true"></span>
        <${Small} icon="upload" name=${loads} act=${() => chooser.current.click()} />
        <${Small} icon="download" name=${saves} act=${async () => keep(await raster.png(size.width, size.height), name)} />
        <input ref=${chooser} class="unseen" type="file" accept="image/*" tabindex="-1" aria-label=${t(loads)} onChange=${(event) => { load(event.target.files[0]); event.target.value = ""; }} />
      </div>
      ${hint && html`<p class="help">${hint}</p>`}
      ${onDone && html`<div class="actions"><button type="button" class="button primary" onClick=${onDone}><${Icon} name="check" size=${16} />${t("paint.done")}</button></div>`}
      ${names.map((one) => html`<${Key} key=${one} keys=${KEYS[one]} name=${`paint.${one}`} act=${() => take(one)} />`)}
      <${Key} keys="[" name="paint.smaller" act=${() => resize(painted, 1 / 1.2)} />
      <${Key} keys="]" name="paint.larger" act=${() => resize(painted, 1.2)} />
      ${!plain && html`<${Key} keys="i" name="paint.invert" act=${() => change(painted, (one) => one.invert())} />`}
    </div>`;
}
