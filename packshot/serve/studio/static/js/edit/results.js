/* Pictures of a list of steps: asked of POST /v1/edit, kept while they may be wanted again, given up when outdated.
   The picture shown stays until the next one is there and decoded. */
import { useEffect, useRef, useState } from "../lib.js";
import { patiently, send } from "../api.js";

const KEPT = 10;
const PAUSE = 140; // ms of rest before a changed slider is asked for

/** What goes to the service for these steps: the form, and a text that tells two requests apart. */
export function asked(photo, steps, output = null) {
  const active = steps.filter((step) => step.on);
  const form = new FormData();
  form.append("file", photo.id);
  const layers = [];
  const list = active.map((step, index) => {
    const parameters = { ...step.values };
    for (const [name, layer] of Object.entries(step.paints)) {
      if (!layer) continue;
      parameters[name] = `painted.${index}.${name}`;
      layers.push([parameters[name], layer]);
    }
    if (!step.mask) return { operation: step.operation, parameters };
    layers.push([`painted.${index}`, step.mask]);
    return { operation: step.operation, parameters, mask: `painted.${index}` };
  });
  form.append("steps", JSON.stringify(list));
  if (output) form.append("output", JSON.stringify(output));
  for (const [name, layer] of layers) form.append(name, layer.blob, `${name}.png`);
  return { form, key: JSON.stringify([photo.id, list, layers.map(([, layer]) => layer.id), output]) };
}

/** What the service says of a picture it sent; a report too long for its header is left out by the service. */
export function reportOf(answer) {
  try {
    return JSON.parse(answer.headers.get("packshot-report") ?? "{}");
  } catch {
    return {};
  }
}

/** Send it; gives {blob, url, width, height, report, key}, ready to be shown. */
export async function fetched({ form, key }, signal) {
  const answer = await patiently(() => send("POST", "/v1/edit", { body: form, signal }), signal);
  const report = reportOf(answer);
  const blob = await answer.blob();
  const url = URL.createObjectURL(blob);
  const image = await decoded(url);
  const format = report.format ?? blob.type.split("/")[1];
  return { blob, url, width: report.width ?? image.naturalWidth, height: report.height ?? image.naturalHeight, toSource: report.to_source ?? null, report: { ...report, format }, key };
}

/** Wait until the browser can show a picture without a gap. */
export async function decoded(url) {
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } catch { /* it will show as far as it can */ }
  return image;
}

/** The last few results; those that fall out give their memory back. */
class Shelf {
  constructor() { this.rows = new Map(); }

  get(key) {
    const found = this.rows.get(key);
    if (found) { this.rows.delete(key); this.rows.set(key, found); }
    return found;
  }

  put(result) {
    this.rows.set(result.key, result);
    while (this.rows.size > KEPT) {
      const [oldest, row] = this.rows.entries().next().value;
      this.rows.delete(oldest);
      setTimeout(() => URL.revokeObjectURL(row.url), 2000); // it may be on the screen still
    }
  }

  clear() {
    for (const row of this.rows.values()) URL.revokeObjectURL(row.url);
    this.rows.clear();
  }
}

/**
 * The result of these steps of a photo, kept up to date: {result, busy, problem, again}. `result` null = the photo itself.
 * While the next is computed, and where it fails, the one before stays.
 */
export function useResult(photo, steps) {
  const [state, setState] = useState({ result: null, busy: false, problem: null });
  const shelf = useRef(null);
  shelf.current ??= new Shelf();
  const [round, setRound] = useState(0);
  const wanted = photo ? asked(photo, steps) : null;
  const active = steps.some((step) => step.on);
  useEffect(() => () => shelf.current.clear(), [photo?.id]);
  useEffect(() => {
    if (!photo || !active) {
      setState({ result: null, busy: false, problem: null });
      return undefined;
    }
    const known = shelf.current.get(wanted.key);
    if (known) {
      setState({ result: known, busy: false, problem: null });
      return undefined;
    }
    const giveUp = new AbortController();
    setState((old) => ({ ...old, busy: true }));
    const timer = setTimeout(async () => {
      try {
        const result = await fetched(wanted, giveUp.signal);
        if (giveUp.signal.aborted) return URL.revokeObjectURL(result.url);
        shelf.current.put(result);
        setState({ result, busy: false, problem: null });
      } catch (problem) {
        if (!giveUp.signal.aborted) setState((old) => ({ ...old, busy: false, problem }));
      }
      return undefined;
    }, PAUSE);
    return () => { clearTimeout(timer); giveUp.abort(); };
  }, [wanted?.key, active, round]);
  return { ...state, again: () => setRound((n) => n + 1) };
}

