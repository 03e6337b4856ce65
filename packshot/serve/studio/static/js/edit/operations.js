/* Which operations there are, in the groups people look for them; and what of an operation is painted. */
import { html } from "../lib.js";
import { operationHelp, operationName, t } from "../i18n.js";
import { Icon } from "../icons.js";
import { lacking } from "../parts/form.js";

const GROUPS = {
  product: ["cutout", "recolour", "swap-attribute", "swap-material", "erase"],
  place: ["background", "scene", "shadow", "frame", "extend", "compose"],
  better: ["beautify", "retouch", "denoise", "dejpeg", "sharpen", "upscale"],
  look: ["restyle", "alter", "vary"],
  drawn: ["from-sketch", "from-layout"],
};
const SIGNS = {
  cutout: "cut", recolour: "drop", erase: "eraser", background: "backdrop", shadow: "shadow", frame: "frame", extend: "extend", compose: "layers",
  beautify: "wand", retouch: "sliders", denoise: "grain", dejpeg: "blocks", sharpen: "triangle", upscale: "grow", restyle: "restyle",
  "swap-material": "swap", "swap-attribute": "sliders", "day-to-studio": "sun", "from-sketch": "sketch", "from-layout": "layers",
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

/* Parameters that only some choices of another one use: operation → parameter → [the other one, values that use it]. */
const USED = {
  background: {
    second: ["kind", ["gradient"]], gradient: ["kind", ["gradient"]], angle: ["kind", ["gradient"]], picture: ["kind", ["picture"]], fit: ["kind", ["picture"]],
    position_x: ["kind", ["picture", "gradient"]], position_y: ["kind", ["picture", "gradient"]], blur: ["kind", ["picture"]], colour: ["kind", ["colour", "gradient", "picture"]],
  },
  shadow: {
    offset_x: ["kind", ["drop", "float"]], offset_y: ["kind", ["drop", "float"]], angle: ["kind", ["cast"]], elevation: ["kind", ["cast"]],
    length: ["kind", ["cast", "reflection"]], contact: ["kind", ["cast", "reflection"]], camera: ["kind", ["contact", "cast", "reflection", "float"]],
    colour: ["kind", ["contact", "drop", "cast", "float"]],
  },
  retouch: {
    temperature: ["white_balance", ["light"]], tint: ["white_balance", ["light"]], neutral: ["white_balance", ["colour"]],
    neutral_x: ["white_balance", ["point"]], neutral_y: ["white_balance", ["point"]], background_lightness: ["auto_exposure", [true]], dust_size: ["dust", ["background", "everywhere"]],
  },
  recolour: { tolerance: ["parts", ["colour"]], source: ["parts", ["colour"]] },
  restyle: {
    transfer: ["method", ["colour"]], source: ["method", ["colour"]], content: ["method", ["optimise"]], edges: ["method", ["optimise"]], steps: ["method", ["optimise"]],
    scales: ["method", ["optimise"]], features: ["method", ["optimise"]], scale: ["method", ["optimise", "adain", "fast", "transformer", "exemplar-gan"]],
    size: ["method", ["optimise", "adain", "fast", "transformer", "exemplar-gan", "cyclegan", "dualgan"]], detail: ["method", ["optimise", "adain", "fast", "transformer", "exemplar-gan", "cyclegan", "dualgan"]],
    model: ["method", ["adain", "fast", "transformer", "exemplar-gan", "cyclegan", "dualgan"]], commercial: ["method", ["adain", "fast", "transformer", "exemplar-gan", "cyclegan", "dualgan"]],
    domain: ["method", ["cyclegan", "dualgan"]],
  },
};

/** Parameters that do nothing with these values, and need not be shown. One that somebody has set is shown always. */
export function idle(operation, values) {
  const properties = operation.schema.properties ?? {};
  const of = (name) => values[name] ?? properties[name]?.default;
  return Object.entries(USED[operation.name] ?? {}).filter(([name, [other, used]]) => !(name in values) && !used.includes(of(other))).map(([name]) => name);
}

const ONE_OF = { erase: ["mask", "box", "colour", "text"] }; // operations that need one of these

/** What a step waits for before it can be done: parameters that must be given, and the mask it was told to use. */
export function waits(step, operations) {
  const operation = operations.find((one) => one.name === step.operation);
  const masked = paintable(operation).find(({ parameter, chosen }) => parameter === "" && Object.entries(chosen).every(([name, value]) => step.values[name] === value));
  const one = ONE_OF[step.operation];
  const none = one && !one.some((name) => step.values[name] || step.paints[name]);
  return [...lacking(operation.schema, step.values), ...((masked && !step.mask) || none ? ["mask"] : [])];
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
