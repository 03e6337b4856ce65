/* A form made from a JSON schema as GET /v1/operations gives it: every parameter with its unit, help, range, default.
   `values` holds only what differs from the defaults, and that is what is sent: the service fills in the rest. */
import { html, useId, useState } from "../lib.js";
import { parameterHelp, parameterName, t, tn } from "../i18n.js";
import { Icon } from "../icons.js";
import { Control, kindOf } from "./fields.js";

/** Parameters that come last and closed in every form. */
const LATER = new Set(["model", "commercial", "flag_below", "limit_delta_e"]);

/** The parameters of a schema with references and `null` alternatives resolved: name → schema. */
export function parameters(schema) {
  const resolve = (one) => {
    const whole = one.$ref ? { ...schema.$defs?.[one.$ref.split("/").pop()], ...one } : one;
    const kinds = whole.anyOf?.filter((kind) => kind.type !== "null");
    return kinds?.length === 1 ? { ...resolve(kinds[0]), ...whole, anyOf: undefined } : whole;
  };
  return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, one]) => [name, resolve(one)]));
}

/** The values with the defaults under them. */
export function complete(schema, values) {
  const defaults = Object.entries(parameters(schema)).map(([name, one]) => [name, one.default ?? ""]);
  return { ...Object.fromEntries(defaults), ...values };
}

/** The values after one change; what is as by default is left out. */
export function changed(schema, values, name, value) {
  const { [name]: _, ...others } = values;
  return Object.is(parameters(schema)[name]?.default, value) ? others : { ...others, [name]: value };
}

/** Required parameters that have no value yet. */
export const lacking = (schema, values) => (schema.required ?? []).filter((name) => (values[name] ?? "") === "");

/** One parameter: name, control, help, and a way back to its default. */
export function Field({ operation, name, schema, value, isChanged, required, onChange, onReset, models, problem }) {
  const id = useId();
  const words = parameterName(operation, name);
  const help = parameterHelp(operation, name, schema.description);
  const kind = kindOf(schema);
  const about = `${id}-help`;
  const grouped = kind === "choice";
  return html`
    <div class=${`field is-${kind} ${problem ? "wrong" : ""}`} data-parameter=${name}>
      <div class="field-head">
        ${grouped ? html`<span class="field-name" id=${`${id}-name`}>${words}</span>` : html`<label class="field-name" for=${id}>${words}</label>`}
        ${required && html`<span class="needed">${t("form.needed")}</span>`}
        ${isChanged && html`<button type="button" class="quiet reset" onClick=${onReset} title=${t("form.reset_one")} aria-label=${`${t("form.reset_one")}: ${words}`}><${Icon} name="reset" size=${14} /></button>`}
        ${kind === "switch" && html`<${Control} ...${{ id, schema, value, onChange, about, operation, name, words, models }} />`}
      </div>
      ${kind !== "switch" && html`<${Control} ...${{ id, schema, value, onChange, about, operation, name, words, models }} />`}
      <p class="help" id=${about}>${help}</p>
      ${problem && html`<p class="field-problem" role="alert">${problem}</p>`}
    </div>`;
}

/**
 * The form of an operation (or of any model with a JSON schema).
 * operation: its name, for the words. schema: its JSON schema. values, onChange(values): what differs from the defaults.
 * models: rows of GET /v1/models. hidden: names not shown (a mask that is painted). problems: name → what is wrong.
 * first: how many parameters are shown before the rest is folded away.
 */
export function Form({ operation, schema, values, onChange, models = [], hidden = [], problems = {}, first = 6 }) {
  const all = Object.entries(parameters(schema)).filter(([name]) => !hidden.includes(name));
  const early = all.filter(([name]) => !LATER.has(name));
  const shown = all.length - first <= 1 ? all : early.slice(0, first);
  const names = new Set(shown.map(([name]) => name));
  const rest = all.filter(([name]) => !names.has(name));
  const counted = Object.keys(values).filter((name) => !hidden.includes(name)).length;
  const field = ([name, one]) => html`
    <${Field} key=${name} operation=${operation} name=${name} schema=${one} models=${models} value=${values[name] ?? one.default ?? ""}
      isChanged=${name in values} required=${schema.required?.includes(name)} problem=${problems[name]}
      onChange=${(value) => onChange(changed(schema, values, name, value))}
      onReset=${() => onChange(changed(schema, values, name, one.default))} />`;
  return html`
    <div class="form">
      ${shown.map(field)}
      ${rest.length > 0 && html`<${Rest} key=${operation} rest=${rest} field=${field} touched=${rest.some(([name]) => name in values || name in problems)} />`}
      ${all.length === 0 && html`<p class="help">${t("form.none")}</p>`}
      ${counted > 0 && html`<button type="button" class="quiet reset-all" onClick=${() => onChange(Object.fromEntries(Object.entries(values).filter(([name]) => hidden.includes(name))))}>
        <${Icon} name="reset" size=${14} />${tn("form.reset_all", counted)}</button>`}
    </div>`;
}

function Rest({ rest, field, touched }) {
  const [open, setOpen] = useState(touched);
  return html`
    <details class="fold" open=${open || touched} onToggle=${(event) => setOpen(event.target.open)}>
      <summary><${Icon} name="right" size=${16} />${tn("form.more", rest.length)}</summary>
      ${rest.map(field)}
    </details>`;
}
