/* A sheet to draw on, for a sketch or a layout, and what the service makes of it after every stroke. */
import { html, useEffect, useState } from "../lib.js";
import { t } from "../i18n.js";
import { patiently, send } from "../api.js";
import { useBox } from "../state.js";
import { decoded, reportOf } from "../edit/results.js";
import { painting } from "../paint/painting.js";
import { Drawing, Layout } from "./parts.js";

export const SIDE = 512;
const REST = 60; // ms after a stroke

/** A white sheet as a picture for the stage. */
export function useSheet() {
  const [sheet, setSheet] = useState(null);
  useEffect(() => {
    const canvas = new OffscreenCanvas(SIDE, SIDE);
    const brush = canvas.getContext("2d");
    brush.fillStyle = "#fff";
    brush.fillRect(0, 0, SIDE, SIDE);
    let url = "";
    canvas.convertToBlob().then((blob) => { url = URL.createObjectURL(blob); setSheet({ url, width: SIDE, height: SIDE }); });
    return () => URL.revokeObjectURL(url);
  }, []);
  return sheet;
}

/** A new drawing of lines. */
export const lines = () => painting(new Drawing(SIDE, SIDE), "mask", 1, { tools: { pen: 255, eraser: 0 }, colours: [[20, 20, 24]], strength: 1, radius: 3 });

/** A new layout of parts. */
export function areas() {
  const made = painting(new Layout(SIDE, SIDE), "layout", 1, { tools: { brush: 1, fill: 1, box: 1, eraser: 0 }, colours: [[0, 0, 0]], radius: 24 });
  made.brush.set((old) => ({ ...old, softness: 0 }));
  return made;
}

/** What the operation makes of a drawing with a seed: {blob, url, report, seed, ms}. */
export async function made(drawing, operation, values, seed, signal) {
  const began = performance.now();
  const form = new FormData();
  form.append("picture", drawing, "drawing.png");
  form.append("steps", JSON.stringify([{ operation, parameters: values }]));
  form.append("seed", String(seed));
  const answer = await patiently(() => send("POST", "/v1/edit", { body: form, signal }), signal);
  const report = reportOf(answer);
  const blob = await answer.blob();
  const url = URL.createObjectURL(blob);
  await decoded(url);
  return { blob, url, report, seed, ms: performance.now() - began };
}

/** The product of a drawing: {shown, busy, problem}; asked for after every stroke, outdated requests are given up. */
export function useMade(painted, operation, values, seed) {
  const [state, setState] = useState({ of: painted, shown: null, busy: false, problem: null });
  const version = useBox(painted.version);
  const key = JSON.stringify(values);
  const blank = !operation || painted.raster.empty;
  useEffect(() => {
    if (blank) return undefined;
    const giveUp = new AbortController();
    const timer = setTimeout(async () => {
      const of = painted;
      setState((old) => ({ ...(old.of === of ? old : { of, shown: null }), busy: true, problem: null }));
      try {
        const shown = await made(await painted.raster.png(), operation, values, seed, giveUp.signal);
        setState((old) => { if (old.shown) setTimeout(() => URL.revokeObjectURL(old.shown.url), 1000); return { of, shown, busy: false, problem: null }; });
      } catch (problem) {
        if (problem.name !== "AbortError") setState((old) => ({ ...old, busy: false, problem }));
      }
    }, REST);
    return () => { clearTimeout(timer); giveUp.abort(); };
  }, [version, operation, key, seed, painted, blank]);
  return blank || state.of !== painted ? { shown: null, busy: false, problem: null } : state;
}

/** The parts to paint with. */
export function Palette({ painted, parts }) {
  const brush = useBox(painted.brush);
  const value = brush.value ?? 1;
  useEffect(() => { if (value >= parts.length) painted.brush.set((old) => ({ ...old, value: 1 })); }, [parts.length]);
  return html`
    <fieldset class="parts"><legend class="field-name">${t("sketch.parts")}</legend>
      ${parts.map(({ name, colour }, index) => html`
        <label class="part" key=${name}><input type="radio" name="part" value=${index} checked=${index === value} onChange=${() => painted.brush.set((old) => ({ ...old, value: index, tool: old.tool === "eraser" ? "brush" : old.tool }))} />
          <span><i style=${{ background: colour }} aria-hidden="true"></i>${name}</span></label>`)}
    </fieldset>`;
}
