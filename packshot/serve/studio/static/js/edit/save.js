/* The result as a marked file in the format one needs, and the steps as a recipe. */
import { html, useState } from "../lib.js";
import { bytes, t } from "../i18n.js";
import { get } from "../api.js";
import { Icon } from "../icons.js";
import { Dialog } from "../parts/dialog.js";
import { Form } from "../parts/form.js";
import { ProblemBox, complain, say } from "../parts/toast.js";
import { mark } from "../parts/plain.js";
import { ENDINGS, keep, stem } from "./files.js";
import { recipe } from "./recipe.js";
import { asked, fetched } from "./results.js";

const ONLY = { quality: ["jpeg", "webp", "avif"], subsampling: ["jpeg"], lossless: ["webp", "avif"], max_bytes: ["jpeg", "webp", "avif"], bits: ["png", "tiff"] };

/** Ids of uploads that steps name → what their files are called. */
async function namesOf(steps, operations) {
  const ids = steps.flatMap((step) => operations.find((one) => one.name === step.operation).pictures.map((name) => step.values[name])).filter(Boolean);
  const found = {};
  for (const id of new Set(ids)) {
    try {
      found[id] = (await get(`/v1/files/${id}`)).name.split("/").pop();
    } catch { /* it keeps its id, which the service still knows */ }
  }
  return found;
}

/** Save the steps as a YAML file. */
export async function saveRecipe(photo, steps, operations, output) {
  const names = await namesOf(steps, operations);
  const { text, left } = recipe({ name: `${stem(photo.name)} steps`, steps, output, names });
  keep(new Blob([text], { type: "application/yaml" }), `${stem(photo.name)}.yaml`);
  say(left.length ? t("save.recipe_left") : t("save.recipe_done"), left.length ? "hint" : "done");
}

/** `result`: what is shown now. `schema`: how a file may be written. */
export function Save({ photo, steps, result, schema, onClose }) {
  const { format: own } = result.report;
  const known = { ...schema, properties: { ...schema.properties, format: { ...schema.properties.format, default: own } } };
  const [values, setValues] = useState({});
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const format = values.format ?? own;
  const hidden = Object.entries(ONLY).filter(([name, formats]) => !formats.includes(format) || (name !== "lossless" && values.lossless && name !== "bits")).map(([name]) => name);
  const clear = own === "png" && format === "jpeg";
  const save = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const output = { format, ...Object.fromEntries(Object.entries(values).filter(([name]) => !hidden.includes(name))) };
      const same = format === own && Object.keys(output).length === 1;
      const file = same ? result : await fetched(asked(photo, steps, output));
      keep(file.blob, `${stem(photo.name)}-edited${ENDINGS[file.report.format]}`);
      say(t("save.done", { size: bytes(file.blob.size) }));
      onClose();
    } catch (wrong) {
      if (wrong.status) setProblem(wrong);
      else complain(wrong);
    }
    setBusy(false);
  };
  return html`
    <${Dialog} title=${t("save.title")} onClose=${onClose}>
      <p class="dialog-text">${t("save.text", { width: result.width, height: result.height })}</p>
      <${Form} operation="output" schema=${known} values=${values} hidden=${hidden} onChange=${setValues} first=${8} />
      ${clear && html`<p class="help">${t("save.clear")}</p>`}
      <dl class="facts save-marks">${Object.entries(result.report.marks ?? {}).filter(([key]) => !/sha256/.test(key)).map(([key, value]) => { const [name, words] = mark(key, value); return html`<div key=${key}><dt>${name}</dt><dd>${words}</dd></div>`; })}</dl>
      ${problem && html`<${ProblemBox} problem=${problem} />`}
      <div class="actions end"><button type="button" class="button" onClick=${onClose}>${t("cancel")}</button>
        <button type="button" class="button primary" disabled=${busy} onClick=${save}><${Icon} name="download" size=${16} />${t(busy ? "save.busy" : "save.file")}</button></div>
    <//>`;
}
