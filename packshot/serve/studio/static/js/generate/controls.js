/* What is to be drawn: weights, attributes as the network knows them, text where it reads any, seed, variety, how many. */
import { html, useId } from "../lib.js";
import { bytes, known, number, presetText, t } from "../i18n.js";
import { Icon } from "../icons.js";

const spoken = (name) => (known(`attribute.${name}`) ? t(`attribute.${name}`) : (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll("_", " "));
const worded = (value) => (known(`value.${value}`) ? t(`value.${value}`) : value);

/** Which of the weights draw pictures. */
export const drawing = (models) => models.filter((one) => one.draws);

const Field = ({ name, id, help = "", children, action = null }) => html`
  <div class="field">
    <div class="field-head"><label class="field-name" for=${id}>${name}</label>${action}</div>
    ${children}
    ${help && html`<p class="help" id=${`${id}-help`}>${help}</p>`}
  </div>`;

const Select = ({ id, value, onChange, options, about = undefined }) => html`
  <span class="select"><select id=${id} value=${value} aria-describedby=${about} onChange=${(event) => onChange(event.target.value)}>
    ${options.map(([one, told]) => html`<option key=${one} value=${one} selected=${one === value}>${told}</option>`)}
  </select><${Icon} name="down" size=${16} /></span>`;

function Whole({ id, value, least, most, onChange, about }) {
  return html`<input id=${id} class="text" type="number" inputmode="numeric" min=${least} max=${most} step="1" value=${value} aria-describedby=${about}
    onInput=${(event) => { const n = Number(event.target.value); if (event.target.value !== "" && Number.isInteger(n) && n >= least && n <= most) onChange(n); }} />`;
}

/** What is known of weights in a line or two. */
const About = ({ model }) => html`
  <p class="help">${[presetText(model.card?.preset, model.card?.what), model.card?.trained_on && t("generate.trained_on", { what: model.card.trained_on }), model.config?.size && `${model.config.size} px`, bytes(model.bytes), model.licence].filter(Boolean).join(" · ")}</p>`;

/** `settings` {checkpoint, attributes, text, truncation, seed, locked, count}; `onChange(changes)`. */
export function Controls({ models, settings, onChange }) {
  const id = useId();
  const model = models.find((one) => one.name === settings.checkpoint);
  const attributes = Object.entries(model?.card?.attributes ?? {});
  const set = (name, value) => {
    const { [name]: _, ...others } = settings.attributes;
    onChange({ attributes: value ? { ...others, [name]: value } : others });
  };
  return html`
    <div class="form">
      <${Field} name=${t("generate.weights")} id=${`${id}-model`}>
        <${Select} id=${`${id}-model`} value=${settings.checkpoint} onChange=${(checkpoint) => onChange({ checkpoint, attributes: {}, text: "" })} options=${models.map((one) => [one.name, one.name])} />
        ${model && html`<${About} model=${model} />`}
      <//>
      ${attributes.map(([name, values]) => html`
        <${Field} key=${name} name=${spoken(name)} id=${`${id}-${name}`}>
          <${Select} id=${`${id}-${name}`} value=${settings.attributes[name] ?? ""} onChange=${(value) => set(name, value)} options=${[["", t("generate.any")], ...values.map((value) => [value, worded(value)])]} />
        <//>`)}
      ${model?.card?.words && html`
        <${Field} name=${t("generate.text")} id=${`${id}-text`} help=${t("generate.text_help")}>
          <input id=${`${id}-text`} class="text" type="text" maxlength="2000" value=${settings.text} aria-describedby=${`${id}-text-help`} onInput=${(event) => onChange({ text: event.target.value })} />
        <//>`}
      <${Field} name=${t("generate.truncation")} id=${`${id}-truncation`} help=${t("generate.truncation_help")}>
        <div class="slider">
          <input type="range" id=${`${id}-truncation`} min="0" max="1" step="0.01" value=${settings.truncation} aria-describedby=${`${id}-truncation-help`} aria-valuetext=${number(settings.truncation, 2)}
            style=${{ "--from": "0%", "--to": `${100 * settings.truncation}%` }} onInput=${(event) => onChange({ truncation: Number(event.target.value) })} />
          <output class="number-like">${number(settings.truncation, 2)}</output>
        </div>
      <//>
      <${Field} name=${t("generate.seed")} id=${`${id}-seed`} help=${t(settings.locked ? "generate.locked_help" : "generate.open_help")}>
        <div class="seed-row">
          <${Whole} id=${`${id}-seed`} value=${settings.seed} least=${0} most=${2 ** 53 - 1} onChange=${(seed) => onChange({ seed })} about=${`${id}-seed-help`} />
          <button type="button" class="button" aria-label=${t("generate.dice")} title=${t("generate.dice")} onClick=${() => onChange({ seed: freshSeed() })}><${Icon} name="dice" size=${16} /></button>
          <button type="button" class=${`button ${settings.locked ? "on" : ""}`} aria-pressed=${settings.locked} aria-label=${t("generate.lock")} title=${t("generate.lock")} onClick=${() => onChange({ locked: !settings.locked })}><${Icon} name=${settings.locked ? "lock" : "unlock"} size=${16} /></button>
        </div>
      <//>
      <${Field} name=${t("generate.count")} id=${`${id}-count`} help=${t("generate.count_help")}>
        <${Whole} id=${`${id}-count`} value=${settings.count} least=${1} most=${100000} onChange=${(count) => onChange({ count })} about=${`${id}-count-help`} />
      <//>
    </div>`;
}

/** A seed that people can read out to each other. */
export const freshSeed = () => Math.floor(Math.random() * 1e6);
