/* The list of steps: each can be opened again, switched off, moved or taken away. */
import { html, useEffect, useMemo, useRef } from "../lib.js";
import { choiceName, number, operationName, parameterName, t } from "../i18n.js";
import { Icon } from "../icons.js";
import { Form, parameters } from "../parts/form.js";
import { ProblemText } from "../parts/toast.js";
import { helpOf, idle, paintable, signOf, waits } from "./operations.js";

/** A step's settings in a few words: what differs from the defaults. */
function told(step, schema) {
  const known = parameters(schema);
  const words = Object.entries(step.values).filter(([name, value]) => value !== "" && known[name]?.format !== "picture").map(([name, value]) => {
    const shown = typeof value === "number" ? `${number(value, 3)}${known[name]?.unit ? ` ${known[name].unit}` : ""}`
      : typeof value === "boolean" ? t(value ? "yes" : "no") : known[name]?.enum ? choiceName(step.operation, name, value) : value;
    return `${parameterName(step.operation, name)} ${shown}`;
  });
  if (step.mask || Object.values(step.paints).some(Boolean)) words.unshift(t("step.painted"));
  return words.slice(0, 3).join(" · ") || t("step.standard");
}

/** A painted layer of a step: what it looks like, paint it, take it away. */
function Painted({ layer, kind, needed, onPaint, onRemove }) {
  const address = useMemo(() => layer && URL.createObjectURL(layer.blob), [layer]);
  useEffect(() => () => address && URL.revokeObjectURL(address), [address]);
  return html`
    <div class="field painted">
      <div class="field-head"><span class="field-name">${t(`step.${kind}`)}</span></div>
      <div class="picture-field">
        ${layer && html`<img src=${address} alt=${t("step.painted_alt", { n: Math.round(100 * layer.painted) })} />`}
        <button type="button" class=${`button small ${needed && !layer ? "primary" : ""}`} onClick=${onPaint}><${Icon} name="brush" size=${16} />${t(layer ? "step.paint_again" : `step.paint_${kind}`)}</button>
        ${layer && html`<button type="button" class="quiet round" aria-label=${t("step.unpaint")} title=${t("step.unpaint")} onClick=${onRemove}><${Icon} name="close" size=${16} /></button>`}
      </div>
      <p class="help">${t(`step.${kind}_help`)}</p>
    </div>`;
}

/** What is wrong with this step, where the service said which parameter it is. */
function wrongIn(step, problem, isLast) {
  if (!problem) return { fields: {}, whole: null };
  const rows = problem.errors?.length ? problem.errors : problem.field ? [problem] : [];
  const mine = rows.filter((row) => row.field?.split(".")[0] === step.operation);
  if (mine.length && isLast) return { fields: Object.fromEntries(mine.map((row) => [row.field.split(".")[1], row.expected || row.detail])), whole: null };
  return { fields: {}, whole: isLast ? problem : null };
}

const without = (values, names) => Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));

function Opened({ step, operation, models, acts, onPaint, problem, isLast }) {
  const layers = paintable(operation);
  const hidden = [...layers.filter(({ parameter }) => parameter).map(({ parameter }) => parameter), ...idle(operation, step.values)];
  const wrong = wrongIn(step, problem, isLast);
  const withoutWeights = wrong.whole?.type?.endsWith(":weights-not-found") && operation.schema.properties.method?.enum?.includes("classical");
  return html`
    <div class="step-body">
      <p class="help">${helpOf(operation)}</p>
      ${layers.map(({ parameter, kind, chosen }) => html`<${Painted} key=${parameter} layer=${parameter ? step.paints[parameter] : step.mask} kind=${kind} needed=${parameter === "mask" || waits(step, [operation]).includes("mask")}
        onPaint=${() => onPaint(step.id, parameter, kind, chosen)} onRemove=${() => { acts.values({ id: step.id, values: without(step.values, Object.keys(chosen)) }); acts.painted({ id: step.id, parameter, layer: null }); }} />`)}
      ${wrong.whole && html`<div class="notice failed" role="alert"><${Icon} name="warn" /><div><${ProblemText} problem=${wrong.whole} />
        ${withoutWeights && html`<button type="button" class="button small" onClick=${() => acts.values({ id: step.id, values: { ...step.values, method: "classical" } })}>${t("step.classical")}</button>`}</div></div>`}
      <${Form} operation=${step.operation} schema=${operation.schema} values=${step.values} models=${models} hidden=${hidden} problems=${wrong.fields} first=${5}
        onChange=${(values) => acts.values({ id: step.id, values })} />
    </div>`;
}

/** `history`: see history.js. `problem`: what the service said of the last request. */
export function Steps({ history, operations, models, onPaint, problem, flags }) {
  const { steps, chosen, acts } = history;
  const list = useRef(null);
  const at = steps.findIndex((step) => step.id === chosen);
  useEffect(() => { if (at >= 0) list.current?.children[at]?.scrollIntoView({ block: "nearest" }); }, [chosen]);
  const lastOn = steps.filter((step) => step.on).at(-1)?.id;
  const keys = (step) => (event) => {
    const by = event.altKey && { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (by) {
      event.preventDefault();
      acts.move({ id: step.id, by });
    } else if (event.key === "Delete") acts.remove({ id: step.id });
  };
  return html`
    <ol class="steps" ref=${list}>
      ${steps.map((step, index) => {
        const operation = operations.find((one) => one.name === step.operation);
        const open = step.id === chosen;
        const waiting = waits(step, [operation]);
        const blamed = problem && (problem.field?.split(".")[0] === step.operation ? steps.filter((one) => one.on && one.operation === step.operation).at(-1)?.id === step.id : step.id === lastOn);
        return html`
          <li key=${step.id} class=${`step ${open ? "open" : ""} ${step.on ? "" : "off"} ${blamed ? "wrong" : ""}`}>
            <div class="step-head">
              <button type="button" class="step-name" aria-expanded=${open} onClick=${() => acts.choose({ id: step.id })} onKeyDown=${keys(step)} aria-description=${t("step.keys")}>
                <span class="step-sign"><${Icon} name=${signOf(step.operation)} size=${18} /></span>
                <span class="step-words"><b>${operationName(step.operation)}</b><span class=${step.on && waiting.length ? "waits" : ""}>${!step.on ? t("step.off") : waiting.length ? t("step.waits", { what: waiting.map((name) => (name === "mask" ? t("step.mask") : parameterName(step.operation, name))).join(", ") }) : told(step, operation.schema)}</span></span>
                ${blamed ? html`<span class="step-flag failed"><${Icon} name="warn" size=${16} /></span>` : flags?.[index]?.length ? html`<span class="step-flag"><${Icon} name="warn" size=${16} /></span>` : null}
              </button>
              <span class="step-acts">
                ${open && steps.length > 1 && html`
                  <button type="button" class="quiet round" aria-label=${t("step.up", { name: operationName(step.operation) })} title=${t("step.up_tip")} disabled=${index === 0} onClick=${() => acts.move({ id: step.id, by: -1 })}><${Icon} name="up" size=${16} /></button>
                  <button type="button" class="quiet round" aria-label=${t("step.down", { name: operationName(step.operation) })} title=${t("step.down_tip")} disabled=${index === steps.length - 1} onClick=${() => acts.move({ id: step.id, by: 1 })}><${Icon} name="down" size=${16} /></button>`}
                <button type="button" class="quiet round" aria-pressed=${step.on} aria-label=${t("step.shown", { name: operationName(step.operation) })} title=${t(step.on ? "step.hide" : "step.show")} onClick=${() => acts.toggle({ id: step.id })}><${Icon} name=${step.on ? "eye" : "hidden"} size=${16} /></button>
                <button type="button" class="quiet round" aria-label=${t("step.remove", { name: operationName(step.operation) })} title=${t("step.remove_tip")} onClick=${() => acts.remove({ id: step.id })}><${Icon} name="bin" size=${16} /></button>
              </span>
            </div>
            ${open && html`<${Opened} step=${step} operation=${operation} models=${models} acts=${acts} onPaint=${onPaint} problem=${blamed ? problem : null} isLast=${Boolean(blamed)} />`}
          </li>`;
      })}
    </ol>`;
}
