/* What records say, in plain words of the reader's language: the tables are the report page's own. */
import { MARKS, NAMES, NUMBERS, REASONS, SIDES } from "../report-words.js";
import { known, language, number, t } from "../i18n.js";

const patterns = REASONS.map(([pattern, en, zh]) => {
  const escaped = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return { test: new RegExp(`^(?:[^:]*: )?${escaped.join("(.+?)")}${pattern.endsWith("*") ? "?$" : "$"}`, "s"), en, zh };
});

const ATTRIBUTES = ["category", "colour", "second colour", "third colour", "material"];
const value = (text) => (known(`value.${text}`) ? t(`value.${text}`) : text);

/** An attribute with its value in the reader's language: "second colour red" → "第二颜色：红色"; null if it is none. */
function attribute(text) {
  const name = ATTRIBUTES.find((one) => text.startsWith(`${one} `));
  return name ? `${t(`attribute.${name}`)}：${value(text.slice(name.length + 1))}` : null;
}

/** Sides, attributes and values that a reason lists, in the reader's language; anything else as it is. */
function listed(text) {
  const names = SIDES[language.get()];
  if (!names) return text;
  const parts = text.split(", ");
  const told = parts.map((one) => names[one] ?? attribute(one) ?? (known(`value.${one}`) ? value(one) : null));
  return told.every(Boolean) ? told.join("、") : text;
}

/** One reason or note in plain words; what is not in the table stays as it is. */
export function plain(text) {
  const found = patterns.find(({ test }) => test.test(text));
  const words = found?.[language.get()];
  if (!words) return text.charAt(0).toUpperCase() + text.slice(1);
  return words.replace(/\$(\d)/g, (_, index) => listed(text.match(found.test)[index] ?? ""));
}

/** The reasons of a record, one by one, without those that a rule of the channel gives (they are shown as rules). */
export function reasons(facts) {
  const rules = new Set((facts.checks ?? []).map((one) => one.rule));
  const own = (text) => !(text.startsWith(`${facts.variant}: `) && rules.has(text.split(": ")[1]));
  return String(facts.reason ?? "").split("; ").filter((text) => text && own(text)).map(plain);
}

/** The name of a number of a record and what it means: `delta_e_p99` → ["Colour change", "How far …"]. */
export const numberWords = (key) => NUMBERS[key]?.[language.get()] ?? [NAMES[key]?.[language.get()] ?? key.replaceAll("_", " "), ""];

/** A number of a record with its unit. */
export function measured(key, value) {
  const { digits = Math.abs(value) >= 100 ? 0 : 2, unit = "" } = NUMBERS[key] ?? {};
  return `${number(value, digits)} ${unit}`.trim();
}

/** A mark of a file as [name, value]. */
export const mark = (key, value) => [NAMES[key]?.[language.get()] ?? key.replaceAll("_", " "), MARKS[value]?.[language.get()] ?? String(value)];

/** The name of a rule of a channel. */
export const ruleName = (rule) => (known(`rule.${rule}`) ? t(`rule.${rule}`) : rule.replaceAll("_", " "));
