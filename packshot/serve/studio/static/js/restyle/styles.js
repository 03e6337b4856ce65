/* The pictures whose look is taken, one to ten, each with its weight. */
import { html, useState } from "../lib.js";
import { number, t, tn } from "../i18n.js";
import { uploadAll } from "../api.js";
import { Icon } from "../icons.js";
import { Drop } from "../parts/drop.js";
import { complain } from "../parts/toast.js";

export const MOST = 10;

/** The text of the parameter `style`: ids of uploads with their weights. */
export const written = (styles) => styles.map(({ id, weight }) => (weight === 1 ? id : `${id}*${weight}`)).join(", ");

/** `styles`: [{id, name, url, weight}]. */
export function Styles({ styles, onChange }) {
  const [share, setShare] = useState(null);
  const add = async (files) => {
    const taken = files.slice(0, MOST - styles.length);
    if (!taken.length) return;
    setShare(0);
    const done = await uploadAll(taken, setShare);
    done.forEach((one) => one.problem && complain(one.problem));
    onChange([...styles, ...done.map((one, index) => one.file && { id: one.file.id, name: taken[index].name, url: URL.createObjectURL(taken[index]), weight: 1 }).filter(Boolean)]);
    setShare(null);
  };
  const set = (id, changes) => onChange(styles.map((one) => (one.id === id ? { ...one, ...changes } : one)));
  return html`
    <section class="styles" aria-label=${t("restyle.styles")}>
      <div class="tools-head"><h2>${t("restyle.styles")}</h2><span class="faint">${tn("restyle.of_ten", styles.length)}</span></div>
      ${styles.length > 0 && html`<ul>${styles.map((one) => html`
        <li class="style" key=${one.id}>
          <img src=${one.url} alt=${t("restyle.style_of", { name: one.name })} />
          ${styles.length > 1 ? html`<label class="style-weight"><span class="unseen">${t("restyle.weight", { name: one.name })}</span>
            <input type="range" min="0.1" max="3" step="0.1" value=${one.weight} style=${{ "--from": "0%", "--to": `${(100 * (one.weight - 0.1)) / 2.9}%` }} onInput=${(event) => set(one.id, { weight: Number(event.target.value) })} /><output class="number-like">${number(one.weight, 1)}×</output></label>`
            : html`<span class="style-name">${one.name}</span>`}
          <button type="button" class="quiet round" aria-label=${t("restyle.remove", { name: one.name })} onClick=${() => onChange(styles.filter((other) => other.id !== one.id))}><${Icon} name="close" size=${16} /></button>
        </li>`)}</ul>`}
      ${share !== null ? html`<div class="waiting small-wait" role="status"><span class="spinner" aria-hidden="true"></span>${t("open.uploading", { n: Math.round(100 * share) })}</div>`
        : styles.length < MOST && html`<${Drop} text=${t(styles.length ? "restyle.more" : "restyle.drop")} small=${styles.length > 0} folder=${false} onFiles=${add} />`}
    </section>`;
}
