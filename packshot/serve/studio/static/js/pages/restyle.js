/* Restyle: the look of one to ten pictures on a photo, tried here at once, then as a job over a catalogue. */
import { html, useCallback, useMemo, useState } from "../lib.js";
import { t } from "../i18n.js";
import { Icon } from "../icons.js";
import { get } from "../api.js";
import { models, useAsked } from "../service.js";
import { box, useBox } from "../state.js";
import { Waiting } from "../parts/empty.js";
import { Form } from "../parts/form.js";
import { ProblemBox } from "../parts/toast.js";
import { Stage } from "../stage/stage.js";
import { stem } from "../edit/files.js";
import { fresh } from "../edit/history.js";
import { Flags, Numbers } from "../edit/numbers.js";
import { OpenFirst, useOpening, usePaste } from "../edit/open.js";
import { idle } from "../edit/operations.js";
import { useResult } from "../edit/results.js";
import { Save } from "../edit/save.js";
import { Over } from "../restyle/over.js";
import { Styles, written } from "../restyle/styles.js";

const bench = box({ photo: null, styles: [], values: {} }); // stays while other pages are looked at

const Missing = () => html`<div class="notice"><${Icon} name="info" /><div><b>${t("restyle.missing")}</b><p>${t("restyle.missing_text")}</p></div></div>`;

function Bench({ held, operations, output, rows, open, share }) {
  const { photo, styles, values } = held;
  const [saving, setSaving] = useState(false);
  const [over, setOver] = useState(false);
  const operation = operations.find((one) => one.name === "restyle");
  const id = useMemo(() => fresh("restyle").id, []);
  const steps = useMemo(() => {
    const needed = styles.length || values.method === "fast";
    const step = { ...fresh("restyle", { ...values, ...(styles.length ? { style: written(styles) } : {}) }), id };
    const first = values.regions === "matte" ? [fresh("cutout")] : [];
    return needed && operation ? [...first, step] : [];
  }, [styles, values]);
  const { result, busy, problem, again } = useResult(photo, steps);
  const change = (changes) => bench.set((old) => ({ ...old, ...changes }));
  const wrong = problem?.field?.startsWith("restyle.") ? { [problem.field.split(".")[1]]: problem.expected || problem.detail } : {};
  const chooser = useMemo(() => { const node = Object.assign(document.createElement("input"), { type: "file", accept: "image/*,.heic,.heif,.tif,.tiff" }); node.onchange = () => open(node.files[0]); return node; }, [open]);
  return html`
    <div class="page edit restyle">
      <header class="page-head edit-head"><h1>${t("page.restyle")}</h1><span class="edit-name">${photo.name}</span><span class="spring"></span>
        <div class="actions">
          <button type="button" class="button" disabled=${share !== null} onClick=${() => chooser.click()}><${Icon} name="picture" size=${16} />${t("edit.other")}</button>
          <button type="button" class="button" disabled=${!result || busy || Boolean(problem)} onClick=${() => setSaving(true)}><${Icon} name="download" size=${16} />${t("download")}</button>
          <button type="button" class="button primary" disabled=${!result || busy || Boolean(problem)} onClick=${() => setOver(true)}><${Icon} name="layers" size=${16} />${t("restyle.over_button")}</button>
        </div></header>
      <div class="workbench">
        <${Stage} after=${result ?? photo} before=${result ? { ...photo, toSource: result.toSource } : null} name=${stem(photo.name)} busy=${busy} />
        <aside class="tools" aria-label=${t("restyle.tools")}>
          <div class="tools-scroll">
            ${operation ? html`
              <${Styles} styles=${styles} onChange=${(next) => change({ styles: next })} />
              ${problem && !Object.keys(wrong).length && html`<${ProblemBox} problem=${problem} retry=${again} />`}
              ${result && !problem && html`<${Flags} flags=${result.report.flags} />`}
              <${Form} operation="restyle" schema=${operation.schema} values=${values} models=${rows} problems=${wrong} hidden=${["style", ...idle(operation, values)]} first=${5} onChange=${(next) => change({ values: next })} />` : html`<${Missing} />`}
          </div>
          ${result && !problem && html`<${Numbers} report=${result.report} operations=${operations} steps=${steps} />`}
        </aside>
      </div>
      ${saving && html`<${Save} photo=${photo} steps=${steps} result=${result} schema=${output} onClose=${() => setSaving(false)} />`}
      ${over && html`<${Over} steps=${steps} onClose=${() => setOver(false)} />`}
    </div>`;
}

export function Page() {
  const asked = useAsked(() => get("/v1/operations"));
  const rows = useAsked(models);
  const held = useBox(bench);
  const take = useCallback((photo) => bench.set((old) => ({ ...old, photo })), []);
  const { share, open } = useOpening(take);
  usePaste(open);
  if (asked.problem) return html`<div class="page narrow"><${ProblemBox} problem=${asked.problem} retry=${asked.again} /></div>`;
  if (!asked.data) return html`<${Waiting} />`;
  if (!held.photo) return html`<div class="page"><${OpenFirst} title=${t("restyle.title")} text=${t("restyle.text")} open=${open} share=${share} /></div>`;
  return html`<${Bench} key=${held.photo.id} held=${held} operations=${asked.data.operations} output=${asked.data.output} rows=${rows.data ?? []} open=${open} share=${share} />`;
}
