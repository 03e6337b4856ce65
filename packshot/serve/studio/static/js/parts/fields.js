/* One parameter each: slider with number, choice, switch, colour, text, picture, model. Made from its JSON schema. */
import { html, useEffect, useRef, useState } from "../lib.js";
import { choiceName, number, t } from "../i18n.js";
import { Icon } from "../icons.js";
import { upload } from "../api.js";
import { complain } from "./toast.js";

/** Which field a schema asks for. */
export function kindOf(schema) {
  if (schema.format === "colour" || schema.format === "picture" || schema.format === "model") return schema.format;
  if (schema.enum) return "choice";
  if (schema.type === "boolean") return "switch";
  if (schema.type === "number" || schema.type === "integer") return slides(schema) ? "slider" : "number";
  return "text";
}

/** Whether a range is narrow enough for a hand to find a value in it. */
const slides = (schema) => {
  const range = bounds(schema);
  return range !== null && range[1] - range[0] <= 20000;
};

/** Lowest and highest value of a slider, or null. */
export function bounds(schema) {
  const lowest = schema.minimum ?? schema.exclusiveMinimum;
  const highest = schema.maximum ?? schema.exclusiveMaximum;
  return lowest === undefined || highest === undefined ? null : [lowest, highest];
}

/** A step of a slider that moves in round numbers: about 200 of them from end to end, whole ones where 1 is meant. */
export function stepOf(schema) {
  const range = bounds(schema);
  if (schema.type === "integer") return range && range[1] - range[0] > 2000 ? 10 : 1;
  if (!range) return "any";
  const rough = (range[1] - range[0]) / 200;
  const power = 10 ** Math.floor(Math.log10(rough));
  const times = [1, 2, 5, 10].find((n) => n * power >= rough * 0.999);
  return Number((times * power).toPrecision(3));
}

const tidy = (value, step) => (step === "any" ? value : Number(value.toFixed(Math.max(0, Math.ceil(-Math.log10(step))))));

function Slider({ id, schema, value, onChange, about, words }) {
  const [lowest, highest] = bounds(schema);
  const step = stepOf(schema);
  const share = (at) => (highest > lowest ? (100 * (at - lowest)) / (highest - lowest) : 0);
  const ends = [share(Math.min(Math.max(0, lowest), highest)), share(Number(value))].sort((a, b) => a - b); // from nought
  const unit = schema.unit ?? "";
  return html`
    <div class="slider">
      <input type="range" id=${id} min=${lowest} max=${highest} step=${step} value=${value} style=${{ "--from": `${ends[0]}%`, "--to": `${ends[1]}%` }}
        aria-valuetext=${`${number(value, 3)} ${unit}`} aria-describedby=${about}
        onInput=${(event) => onChange(tidy(Number(event.target.value), step))} />
      <${NumberBox} schema=${schema} value=${value} onChange=${onChange} label=${t("form.number", { name: words })} about=${about} />
    </div>`;
}

function NumberBox({ id, schema, value, onChange, label, about }) {
  const [typed, setTyped] = useState(null);
  const integer = schema.type === "integer";
  const read = (text) => {
    const found = Number(text.replace(",", "."));
    return text.trim() === "" || !Number.isFinite(found) || (integer && !Number.isInteger(found)) ? null : found;
  };
  const within = (found) => found >= (schema.minimum ?? -Infinity) && found <= (schema.maximum ?? Infinity)
    && found > (schema.exclusiveMinimum ?? -Infinity) && found < (schema.exclusiveMaximum ?? Infinity);
  const optional = schema.default === null; // no number at all is a value too
  const empty = optional && (typed ?? value ?? "") === "";
  const found = typed === null ? Number(value) : read(typed);
  const wrong = !empty && (found === null || !within(found));
  const change = (event) => {
    setTyped(event.target.value);
    const next = read(event.target.value);
    if (next !== null && within(next)) onChange(next);
    else if (optional && event.target.value === "") onChange(null);
  };
  return html`
    <span class=${`number ${wrong ? "wrong" : ""}`}>
      <input id=${id} type="text" inputmode=${integer ? "numeric" : "decimal"} value=${typed ?? value ?? ""} aria-label=${label} aria-invalid=${wrong}
        aria-describedby=${about} title=${wrong ? range(schema) : undefined} onInput=${change} onBlur=${() => setTyped(null)} />
      ${schema.unit && html`<span class="unit">${schema.unit}</span>`}
    </span>`;
}

/** The range of a parameter in words, "0 to 50 px". */
export function range(schema) {
  const [lowest, highest] = bounds(schema) ?? [schema.minimum, schema.maximum];
  if (lowest === undefined && highest === undefined) return "";
  const values = { low: number(lowest ?? 0, 3), high: number(highest ?? 0, 3), unit: schema.unit ?? "" };
  if (highest === undefined) return t("form.at_least", values);
  return lowest === undefined ? t("form.at_most", values) : t("form.range", values);
}

function Choice({ id, schema, value, onChange, about, operation, name, words }) {
  const told = schema.enum.map((one) => choiceName(operation, name, one));
  const short = schema.enum.length <= 4 && told.join("").length <= 26;
  if (!short) {
    return html`
      <span class="select"><select id=${id} value=${value} aria-label=${words} aria-describedby=${about} onChange=${(event) => onChange(schema.enum[event.target.selectedIndex])}>
        ${schema.enum.map((one, index) => html`<option key=${one} value=${one} selected=${one === value}>${told[index]}</option>`)}
      </select><${Icon} name="down" size=${16} /></span>`;
  }
  return html`
    <div class="segments" role="radiogroup" aria-label=${words} aria-describedby=${about}>
      ${schema.enum.map((one, index) => html`
        <label key=${one} class="segment"><input type="radio" name=${id} value=${one} checked=${one === value} onChange=${() => onChange(one)} /><span>${told[index]}</span></label>`)}
    </div>`;
}

const Switch = ({ id, value, onChange, about }) => html`
  <input type="checkbox" role="switch" class="switch" id=${id} checked=${Boolean(value)} aria-describedby=${about} onChange=${(event) => onChange(event.target.checked)} />`;

const canvas = () => document.createElement("canvas").getContext("2d");

/** `#rrggbb` of a colour the browser can name, or "". */
export function hexOf(text) {
  const words = String(text ?? "").trim();
  if (!words || !CSS.supports("color", words)) return "";
  const brush = canvas();
  brush.fillStyle = words;
  brush.fillRect(0, 0, 1, 1);
  const [r, g, b] = brush.getImageData(0, 0, 1, 1).data;
  return `#${[r, g, b].map((n) => n.toString(16).padStart(2, "0")).join("")}`;
}

function Colour({ id, value, onChange, about, words }) {
  const hex = hexOf(value);
  return html`
    <span class="colour">
      <input type="color" class=${hex ? "" : "unknown"} value=${hex || "#ffffff"} aria-label=${t("form.pick_colour", { name: words })} onInput=${(event) => onChange(event.target.value)} />
      <input type="text" id=${id} value=${value ?? ""} spellcheck=${false} autocomplete="off" aria-describedby=${about} placeholder=${t("form.colour")} onInput=${(event) => onChange(event.target.value)} />
    </span>`;
}

/** A picture that goes with the parameters; it is uploaded at once, its value is the id of the upload. */
function PictureField({ id, value, onChange, about, words }) {
  const [shown, setShown] = useState(null);
  const [share, setShare] = useState(null);
  const node = useRef(null);
  useEffect(() => () => shown && URL.revokeObjectURL(shown.url), [shown]);
  const take = async (file) => {
    if (!file) return;
    setShare(0);
    try {
      const stored = await upload(file, setShare);
      setShown({ url: URL.createObjectURL(file), name: file.name });
      onChange(stored.id);
    } catch (problem) {
      complain(problem);
    }
    setShare(null);
  };
  return html`
    <span class="picture-field">
      ${shown && value ? html`<img src=${shown.url} alt=${t("form.chosen", { name: shown.name })} />` : null}
      <input ref=${node} id=${id} class="unseen" type="file" accept="image/*" aria-describedby=${about} onChange=${(event) => take(event.target.files[0])} />
      <button type="button" class="button small" aria-label=${`${t("form.choose_picture")}: ${words}`} disabled=${share !== null} onClick=${() => node.current.click()}>
        <${Icon} name="upload" size=${16} />${share === null ? t("form.choose_picture") : t("share", { n: Math.round(share * 100) })}</button>
      ${value && html`<button type="button" class="quiet round" aria-label=${t("form.take_away")} onClick=${() => { setShown(null); onChange(""); }}><${Icon} name="close" size=${16} /></button>`}
    </span>`;
}

function ModelField({ id, value, onChange, about, models }) {
  const names = models.map((model) => model.name);
  const all = value && !names.includes(value) ? [value, ...names] : names;
  return html`
    <span class="select"><select id=${id} value=${value ?? ""} aria-describedby=${about} onChange=${(event) => onChange(event.target.value)}>
      <option value="" selected=${!value}>${t("form.own_model")}</option>
      ${all.map((name) => html`<option key=${name} value=${name} selected=${name === value}>${name}</option>`)}
    </select><${Icon} name="down" size=${16} /></span>`;
}

const Words = ({ id, value, onChange, about, schema }) => html`
  <input type="text" class="text" id=${id} value=${value ?? ""} spellcheck=${false} autocomplete="off" aria-describedby=${about}
    placeholder=${schema.examples?.[0] ?? ""} maxlength=${schema.maxLength} onInput=${(event) => onChange(event.target.value)} />`;

const FIELDS = { slider: Slider, number: NumberBox, choice: Choice, switch: Switch, colour: Colour, picture: PictureField, model: ModelField, text: Words };

/** The control of a schema; see `Field` in form.js for label, help and reset. */
export const Control = (props) => html`<${FIELDS[kindOf(props.schema)]} ...${props} />`;
