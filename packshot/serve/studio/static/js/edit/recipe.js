/* The steps as a pipeline file that `packshot run` takes. Values are written as JSON, which YAML reads alike. */

const PLAIN = /^[A-Za-z][A-Za-z0-9 _-]*$/;
const WORDS = new Set(["yes", "no", "on", "off", "true", "false", "null", "y", "n"]);

/** A value as YAML reads it back: a text without quotes only where it can be nothing else. */
export const scalar = (value) => (typeof value === "string" && PLAIN.test(value) && !WORDS.has(value.toLowerCase()) ? value : JSON.stringify(value));

/**
 * {text, left}: the YAML, and what could not be part of it. `names`: id of an upload → what its file is called.
 * What was painted belongs to this one photo: it is left out, and a comment says so.
 */
export function recipe({ name, steps, output = {}, names = {} }) {
  const left = [];
  const lines = steps.filter((step) => step.on).map((step) => {
    const painted = [...Object.keys(step.paints).filter((one) => step.paints[one]), ...(step.mask ? ["mask"] : [])];
    const values = Object.entries(step.values).filter(([key]) => !painted.includes(key)).map(([key, value]) => `${key}: ${scalar(names[value] ?? value)}`);
    const said = values.length ? `  - ${step.operation}: {${values.join(", ")}}` : `  - ${step.operation}`;
    if (!painted.length) return said;
    left.push({ operation: step.operation, painted });
    return `  # painted on one photo, so not part of this file: ${painted.join(", ")}\n${said}`;
  });
  const files = steps.flatMap((step) => Object.values(step.values)).filter((value) => value in names).map((id) => names[id]);
  const written = Object.entries(output).map(([key, value]) => `${key}: ${scalar(value)}`).join(", ");
  const text = [
    "# packshot run THIS-FILE PHOTOS",
    ...(files.length ? [`# needs beside it: ${[...new Set(files)].join(", ")}`] : []),
    `name: ${scalar(name)}`, "steps:", ...lines, ...(written ? [`output: {${written}}`] : []), "",
  ].join("\n");
  return { text, left };
}
