/* Words in the reader's language. Messages are flat JSON: key → text with {places}. */
import { box, kept } from "./state.js";

export const LANGUAGES = ["en", "zh"];
export const language = box("en");
let words = {};
let operationWords = {};
let presetWords = {};

async function read(name) {
  const answer = await fetch(`messages/${name}.json`);
  if (!answer.ok) throw new Error(`messages/${name}.json: ${answer.status}`);
  return answer.json();
}

/** The language chosen before, else the browser's first one that there is. */
export function preferred() {
  const chosen = kept.get("language");
  if (LANGUAGES.includes(chosen)) return chosen;
  const wanted = (navigator.languages ?? [navigator.language]).map((tag) => tag.slice(0, 2).toLowerCase());
  return wanted.find((tag) => LANGUAGES.includes(tag)) ?? "en";
}

/** Load a language and tell everything that shows words. */
export async function speak(name, keep = true) {
  const [shell, pictures, operations] = await Promise.all([read(name), read(`pictures.${name}`), read(`operations.${name}`)]);
  words = { ...shell, ...pictures };
  operationWords = operations;
  presetWords = name === "zh" ? await read("presets.zh") : {}; // English is the presets' own
  if (keep) kept.set("language", name);
  document.documentElement.lang = name === "zh" ? "zh-CN" : "en";
  language.set(name);
}

/** The text of a key, its {places} filled. A key without text shows itself, so that a test sees it. */
export function t(key, values = {}) {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** What a preset is for, and so are weights that it trained; `what` is what it says itself. */
export const presetText = (name, what) => presetWords[name] ?? what;

/** Whether there is a text of this key. */
export const known = (key) => key in words;

/** The text for a number of things: `key.one` or `key.other`, `{n}` filled with the number as people write it. */
export function tn(key, n, values = {}) {
  const form = new Intl.PluralRules(language.get()).select(n) === "one" ? "one" : "other";
  return t(`${key}.${form}`, { n: number(n), ...values });
}

/** A number as people write it. */
export function number(value, digits = 0) {
  return new Intl.NumberFormat(language.get(), { maximumFractionDigits: digits }).format(value);
}

/** Bytes as people read them. */
export function bytes(value) {
  if (value < 1000) return `${number(value)} B`;
  if (value < 1e6) return `${number(value / 1e3)} kB`;
  return value < 1e9 ? `${number(value / 1e6, 1)} MB` : `${number(value / 1e9, 2)} GB`;
}

/** Seconds as people say them: "4 s", "3 min", "2 h 5 min". */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 60) return t("time.seconds", { n: number(seconds, seconds < 10 ? 1 : 0) });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t("time.minutes", { n: number(minutes) });
  return t("time.hours", { h: number(Math.floor(minutes / 60)), m: number(minutes % 60) });
}

/** A moment as people say it: the hour today, the day before that. */
export function moment(value) {
  const date = new Date(typeof value === "number" ? value * 1000 : value);
  if (Number.isNaN(date.getTime())) return "";
  const today = date.toDateString() === new Date().toDateString();
  const wanted = today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(language.get(), wanted).format(date);
}

/** `max_upscale` → "Max upscale": how a parameter is called where nobody gave it a better name. */
const spoken = (name) => (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll("_", " ");

/** The name of an operation. */
export const operationName = (operation) => operationWords[operation] ?? spoken(operation);

/** What an operation does, where the reader's language has it; else "". */
export const operationHelp = (operation) => operationWords[`${operation}.help`] ?? "";

/** The name of a parameter: of this operation, of every operation that has it, or its own name. */
export function parameterName(operation, parameter) {
  return operationWords[`${operation}.${parameter}`] ?? operationWords[`*.${parameter}`] ?? spoken(parameter);
}

/** What a parameter does: the reader's language if there, else as the model says it. */
export function parameterHelp(operation, parameter, told) {
  return operationWords[`${operation}.${parameter}.help`] ?? operationWords[`*.${parameter}.help`] ?? told ?? "";
}

/** One value of a list of choices. */
export function choiceName(operation, parameter, value) {
  const own = operationWords[`${operation}.${parameter}=${value}`] ?? operationWords[`*.${parameter}=${value}`];
  return own ?? operationWords[`=${value}`] ?? String(value).replaceAll("_", " ");
}

/** A text given in several languages, `{en, zh}`, or just a text. */
export function spokenText(told) {
  if (told === null || told === undefined || typeof told !== "object") return told ?? "";
  return told[language.get()] ?? told.en ?? Object.values(told)[0] ?? "";
}
