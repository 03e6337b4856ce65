/* Which operations there are, in the groups people look for them; and what of an operation is painted. */
import { html } from "../lib.js";
import { operationHelp, operationName, t } from "../i18n.js";
import { Icon } from "../icons.js";

const GROUPS = {
  product: ["cutout", "recolour", "erase"],
  place: ["background", "shadow", "frame", "extend", "compose"],
  better: ["beautify", "retouch", "denoise", "dejpeg", "sharpen", "upscale"],
  look: ["restyle"],
};
const SIGNS = {
  cutout: "cut", recolour: "drop", erase: "eraser", background: "backdrop", shadow: "shadow", frame: "frame", extend: "extend", compose: "layers",
  beautify: "wand", retouch: "sliders", denoise: "grain", dejpeg: "blocks", sharpen: "triangle", upscale: "grow", restyle: "restyle",
};

/** The drawing of an operation. */
export const signOf = (name) => SIGNS[name] ?? "wand";

/** [group, operations] in order; what nobody sorted comes last. */
export function grouped(operations) {
  const sorted = new Set(Object.values(GROUPS).flat());
  const rows = Object.entries(GROUPS).map(([group, names]) => [group, names.map((name) => operations.find((one) => one.name === name)).filter(Boolean)]);
  return [...rows, ["other", operations.filter((one) => !sorted.has(one.name))]].filter(([, list]) => list.length);
}

/** What an operation does, in one sentence. */
export const helpOf = (operation) => operationHelp(operation.name) || operation.title;

/** Parameters that are painted: [{parameter, kind, chosen}]; parameter "" = the mask of the step itself. */
export function paintable(operation) {
  const properties = Object.entries(operation.schema.properties ?? {});
  const named = properties.filter(([name, schema]) => schema.format === "picture" && /^mask$|scribble|strokes?$/.test(name))
    .map(([parameter]) => ({ parameter, kind: parameter === "mask" ? "mask" : "scribble", chosen: {} }));
  if (named.length) return named;
  const region = properties.find(([, schema]) => schema.enum?.includes("mask"));
  return region ? [{ parameter: "", kind: "mask", chosen: { [region[0]]: "mask" } }] : [];
}

/** All operations as buttons. */
export const Palette = ({ operations, onAdd }) => html`
  <div class="palette">
    ${grouped(operations).map(([group, list]) => html`
      <section key=${group} aria-label=${t(`group.${group}`)}>
        <h3>${t(`group.${group}`)}</h3>
        <div class="palette-row">${list.map((one) => html`
          <button type="button" key=${one.name} class="tile" title=${helpOf(one)} onClick=${() => onAdd(one.name)}><${Icon} name=${signOf(one.name)} size=${20} /><span>${operationName(one.name)}</span></button>`)}</div>
      </section>`)}
  </div>`;
