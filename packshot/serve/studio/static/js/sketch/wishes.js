/* What the product is to be, as the weights know it: category and material from a list, its colour from swatches. */
import { html, useId } from "../lib.js";
import { known, t } from "../i18n.js";
import { Icon } from "../icons.js";

/** A word of the weights in the reader's language, where it is known. */
export const worded = (value) => (known(`value.${value}`) ? t(`value.${value}`) : value);

/* The toyshop's paints; a colour of another name is shown by the browser's own, or not at all. */
const PAINTS = {
  red: "#c4211f", orange: "#f0801c", yellow: "#f5d020", green: "#2f8a3a", mint: "#a2e2c4", turquoise: "#0f9aa0", "sky blue": "#7fc0ee", blue: "#1d4bb4",
  purple: "#6b3aa4", pink: "#f28db6", brown: "#65391c", white: "#f0efea", grey: "#84878b", black: "#1d1d21", natural: "#d8b282",
};
const NAMED = ["category", "colour", "material"];

function Choice({ name, values, value, must, onChange }) {
  const id = useId();
  return html`
    <div class="field" data-parameter=${name}>
      <div class="field-head"><label class="field-name" for=${id}>${t(`sketch.${name}`)}</label></div>
      <span class="select"><select id=${id} value=${value} onChange=${(event) => onChange(event.target.value)}>
        ${!must && html`<option value="" selected=${!value}>${t("sketch.any")}</option>`}
        ${values.map((one) => html`<option key=${one} value=${one} selected=${one === value}>${worded(one)}</option>`)}
      </select><${Icon} name="down" size=${16} /></span>
    </div>`;
}

const Swatches = ({ values, value, onChange }) => html`
  <fieldset class="swatches" data-parameter="colour"><legend class="field-name">${t("sketch.colour")}</legend>
    <label class="swatch any"><input type="radio" name="colour" value="" checked=${!value} onChange=${() => onChange("")} /><span>${t("sketch.any")}</span></label>
    ${values.map((one) => html`
      <label class="swatch" key=${one} title=${worded(one)}><input type="radio" name="colour" value=${one} checked=${one === value} aria-label=${worded(one)} onChange=${() => onChange(one)} />
        <span><i style=${{ background: PAINTS[one] ?? one.replaceAll(" ", "") }} aria-hidden="true"></i></span></label>`)}
  </fieldset>`;

/** `card`: of the weights; `values`: what is told so far; `onChange(name, value)`, "" = left to the seed. */
export function Wishes({ card, values, onChange }) {
  const attributes = card?.attributes ?? {};
  const must = card?.translation?.must ?? [];
  return NAMED.filter((name) => attributes[name]).map((name) => {
    const given = { name, values: attributes[name], value: values[name] ?? "", onChange: (value) => onChange(name, value) };
    return name === "colour" && !must.includes(name) ? html`<${Swatches} key=${name} ...${given} />` : html`<${Choice} key=${name} must=${must.includes(name)} ...${given} />`;
  });
}

/** What has to be told and is not yet: the first value there is. */
export function needed(card, values) {
  const open = (card?.translation?.must ?? []).filter((name) => !values[name] && card.attributes?.[name]?.length);
  return Object.fromEntries(open.map((name) => [name, card.attributes[name][0]]));
}
