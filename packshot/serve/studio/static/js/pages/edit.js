/* Edit: one photo, any operation, each step open to change; what it did to the product is measured as one goes. */
import { html, useCallback, useEffect, useMemo, useRef, useState } from "../lib.js";
import { operationName, t } from "../i18n.js";
import { Icon } from "../icons.js";
import { get } from "../api.js";
import { models, useAsked } from "../service.js";
import { useBox } from "../state.js";
import { useShortcut } from "../shortcuts.js";
import { Waiting } from "../parts/empty.js";
import { ProblemBox, say } from "../parts/toast.js";
import { Layer, painting, toolOf } from "../paint/painting.js";
import { Raster, workable } from "../paint/raster.js";
import { PaintTools } from "../paint/toolbar.js";
import { Stage } from "../stage/stage.js";
import { bench } from "../edit/bench.js";
import { stem } from "../edit/files.js";
import { useHistory, wanted } from "../edit/history.js";
import { Flags, Numbers } from "../edit/numbers.js";
import { OpenFirst, useOpening, usePaste } from "../edit/open.js";
import { Palette, waits } from "../edit/operations.js";
import { useResult } from "../edit/results.js";
import { Save, saveRecipe } from "../edit/save.js";
import { Steps } from "../edit/steps.js";

let painted = 0;

/** Ctrl/⌘ Z and its like, wherever the focus is but in a text. */
function useUndoKeys({ acts }, off) {
  useEffect(() => {
    const heard = (event) => {
      if (off || !(event.ctrlKey || event.metaKey) || event.target.closest?.("input[type=text], textarea, dialog")) return;
      const key = event.key.toLowerCase();
      if (key !== "z" && key !== "y") return;
      event.preventDefault();
      if (key === "y" || event.shiftKey) acts.redo();
      else acts.undo();
    };
    addEventListener("keydown", heard);
    return () => removeEventListener("keydown", heard);
  }, [acts, off]);
}

/** A layer to be painted: the one of before, or an empty one of the picture's size. */
function begun(picture, kind, layer) {
  const { width, height, share } = workable(picture);
  const raster = new Raster(width, height, kind === "scribble" ? 128 : 0);
  if (layer && layer.width === width && layer.height === height) raster.data.set(layer.data);
  return painting(raster, kind, share);
}

/** A painted layer as a step keeps it, or null where nothing is painted. */
async function kept({ raster }, picture) {
  if (raster.empty) return null;
  const blob = await raster.png(picture.width, picture.height);
  painted += 1;
  return { id: painted, blob, data: raster.data.slice(), width: raster.width, height: raster.height, painted: raster.share };
}

function Head({ photo, history, onNew, onSave, onRecipe, share }) {
  return html`
    <header class="page-head edit-head">
      <h1>${t("page.edit")}</h1>
      <span class="edit-name" title=${photo.name}>${photo.name}</span>
      <span class="faint number-like">${photo.width} × ${photo.height}</span>
      <span class="spring"></span>
      <div class="actions">
        <button type="button" class="quiet round" aria-label=${t("undo")} title=${t("undo_tip")} disabled=${!history.canUndo} onClick=${history.acts.undo}><${Icon} name="undo" /></button>
        <button type="button" class="quiet round" aria-label=${t("redo")} title=${t("redo_tip")} disabled=${!history.canRedo} onClick=${history.acts.redo}><${Icon} name="redo" /></button>
        <button type="button" class="button" disabled=${share !== null} onClick=${onNew}><${Icon} name="picture" size=${16} />${t("edit.other")}</button>
        <button type="button" class="button" disabled=${!history.steps.length} onClick=${onRecipe}><${Icon} name="file" size=${16} />${t("edit.recipe")}</button>
        <button type="button" class="button primary" disabled=${!onSave} onClick=${onSave ?? undefined}><${Icon} name="download" size=${16} />${t("download")}</button>
      </div>
    </header>`;
}

function Bench({ photo, operations, output, rows, onPhoto, share, history }) {
  const { steps, acts } = history;
  const [adding, setAdding] = useState(steps.length === 0);
  const [saving, setSaving] = useState(false);
  const [work, setWork] = useState(null); // {id, parameter, kind, chosen} while something is painted
  const at = work ? steps.findIndex((step) => step.id === work.id) : -1;
  const ready = useMemo(() => steps.map((one) => (waits(one, operations).length ? { ...one, on: false } : one)), [steps]);
  const { result, busy, problem, again } = useResult(photo, at >= 0 ? ready.slice(0, at) : ready);
  const shown = result ?? photo;
  const step = at >= 0 ? steps[at] : null;
  const layer = step && (work.parameter ? step.paints[work.parameter] : step.mask);
  const paint = useMemo(() => (step && !busy ? begun(shown, work.kind, layer) : null), [work, shown.url, busy && !!work]);
  const tool = useMemo(() => (paint ? toolOf(paint) : null), [paint]);
  useUndoKeys(history, Boolean(work));
  useEffect(() => { if (steps.length === 0) setAdding(true); }, [steps.length]);
  useEffect(() => { if (work && at < 0) setWork(null); }, [at]);
  useShortcut("a", "edit.add", () => setAdding(true));
  const add = useCallback((name) => { acts.add({ steps: wanted(name, steps, operations) }); setAdding(false); }, [steps, operations]);
  const done = async () => {
    const made = await kept(paint, shown);
    if (made && Object.keys(work.chosen).length) acts.values({ id: step.id, values: { ...step.values, ...work.chosen } });
    acts.painted({ id: step.id, parameter: work.parameter, layer: made });
    setWork(null);
  };
  const before = !work && result ? { ...photo, toSource: result.toSource } : null;
  const chooser = useMemo(() => { const node = Object.assign(document.createElement("input"), { type: "file", accept: "image/*,.heic,.heif,.tif,.tiff" }); node.onchange = () => onPhoto(node.files[0]); return node; }, [onPhoto]);
  return html`
    <div class="page edit">
      <${Head} photo=${photo} history=${history} share=${share} onNew=${() => chooser.click()} onSave=${result && !busy && !problem && !work ? () => setSaving(true) : null} onRecipe=${() => saveRecipe(photo, steps, operations, {})} />
      <div class="workbench">
        <${Stage} after=${shown} before=${before} name=${stem(photo.name)} busy=${busy} tool=${tool} note=${work ? t("edit.painting", { name: operationName(step?.operation ?? "") }) : null}>
          ${paint ? (view) => html`<${Layer} painted=${paint} view=${view} />` : null}
        <//>
        <aside class="tools" aria-label=${t("edit.tools")}>
          <div class="tools-scroll">
            ${work ? html`
              <h2>${t(`step.${work.kind}`)}</h2>
              ${problem && html`<${ProblemBox} problem=${problem} retry=${again} />`}
              ${paint ? html`<${PaintTools} painted=${paint} name=${`${stem(photo.name)}-mask.png`} size=${shown} onDone=${done} hint=${t(`paint.hint_${work.kind}`)} />` : !problem && html`<${Waiting} text=${t("edit.before_paint")} />`}` : html`
              <div class="tools-head"><h2>${t("edit.steps")}</h2>
                ${steps.length > 0 && html`<button type="button" class="button small" aria-expanded=${adding} onClick=${() => setAdding(!adding)}><${Icon} name=${adding ? "close" : "plus"} size=${16} />${t(adding ? "close" : "edit.add")}</button>`}</div>
              ${adding && html`${steps.length === 0 && html`<p class="help">${t("edit.first")}</p>`}<${Palette} operations=${operations} onAdd=${add} />`}
              ${result && !problem && html`<${Flags} flags=${result.report.flags} />`}
              <${Steps} history=${history} operations=${operations} models=${rows} problem=${problem} onPaint=${(id, parameter, kind, chosen) => setWork({ id, parameter, kind, chosen })} />`}
          </div>
          ${!work && result && !problem && html`<${Numbers} report=${result.report} operations=${operations} steps=${steps} />`}
        </aside>
      </div>
      ${saving && html`<${Save} photo=${photo} steps=${steps} result=${result} schema=${output} onClose=${() => setSaving(false)} />`}
    </div>`;
}

/** The page; a photo and its steps outlive a look at another page. */
export function Page() {
  const asked = useAsked(() => get("/v1/operations"));
  const rows = useAsked(models);
  const held = useBox(bench);
  const history = useHistory();
  const latest = useRef(history.steps);
  latest.current = history.steps;
  const take = useCallback((photo) => { // the steps stay: the next photo of a row wants the same
    const steps = latest.current.map((step) => ({ ...step, paints: {}, mask: null }));
    if (steps.length) say(t("edit.steps_stay"));
    bench.set({ photo, steps });
    history.acts.start({ steps });
  }, []);
  const { share, open } = useOpening(take);
  usePaste(open);
  useEffect(() => { if (held?.steps.length) history.acts.start({ steps: held.steps }); }, []);
  useEffect(() => { if (held) bench.set((old) => ({ ...old, steps: history.steps })); }, [history.steps]);
  if (asked.problem) return html`<div class="page narrow"><${ProblemBox} problem=${asked.problem} retry=${asked.again} /></div>`;
  if (!asked.data) return html`<${Waiting} />`;
  if (!held) return html`<div class="page"><${OpenFirst} title=${t("edit.title")} text=${t("edit.text")} open=${open} share=${share} /></div>`;
  return html`
    <div onDragOver=${(event) => event.preventDefault()} onDrop=${(event) => { event.preventDefault(); open(event.dataTransfer.files[0]); }}>
      <${Bench} key=${held.photo.id} photo=${held.photo} operations=${asked.data.operations} output=${asked.data.output} rows=${rows.data ?? []} history=${history} onPhoto=${open} share=${share} />
    </div>`;
}
