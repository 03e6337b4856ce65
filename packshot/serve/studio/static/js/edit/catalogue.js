/* A picture from the folders that the service may read. */
import { html, useEffect, useState } from "../lib.js";
import { bytes, t } from "../i18n.js";
import { get, post, send } from "../api.js";
import { Icon } from "../icons.js";
import { Dialog } from "../parts/dialog.js";
import { Waiting } from "../parts/empty.js";
import { ProblemBox } from "../parts/toast.js";

const within = (path) => `/v1/catalogue?path=${encodeURIComponent(path)}`;
const fitting = (path, words) => `/v1/catalogue/find?${new URLSearchParams({ path, text: words, count: 30 })}`;

/** The picture of a path: what is uploaded, and its bytes as a file for the page to show. */
async function taken(path) {
  const stored = await post("/v1/catalogue/file", { path });
  const blob = await (await send("GET", `/v1/files/${stored.id}/content`)).blob();
  return { stored, file: new File([blob], stored.name, { type: blob.type }) };
}

/** What of a catalogue fits some words, best first. */
function Search({ path, onFound, onProblem }) {
  const [words, setWords] = useState("");
  const [busy, setBusy] = useState(false);
  const look = async (event) => {
    event.preventDefault();
    if (!words.trim()) return onFound(null);
    setBusy(true);
    onProblem(null);
    try {
      onFound((await get(fitting(path, words))).products.filter((one) => one.path));
    } catch (wrong) {
      onProblem(wrong);
    }
    setBusy(false);
  };
  return html`
    <form class="toolbar" role="search" onSubmit=${look}>
      <label class="search"><${Icon} name="search" size=${16} /><input type="search" value=${words} placeholder=${t("open.search_example")} aria-label=${t("open.search")} onInput=${(event) => setWords(event.target.value)} /></label>
      <button type="submit" class="button" disabled=${busy}>${t("open.search")}</button>
    </form>`;
}

function Browse({ onTake, onClose }) {
  const [path, setPath] = useState("");
  const [found, setFound] = useState(null);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState("");
  const [products, setProducts] = useState(null);
  useEffect(() => {
    let alive = true;
    setFound(null);
    setProducts(null);
    setProblem(null);
    get(within(path)).then((told) => alive && setFound(told), (wrong) => alive && setProblem(wrong));
    return () => { alive = false; };
  }, [path]);
  const take = async (one) => {
    setBusy(one.path);
    try {
      onTake(await taken(one.path));
      onClose();
    } catch (wrong) {
      setProblem(wrong);
      setBusy("");
    }
  };
  return html`
    <${Dialog} title=${t("open.catalogue")} onClose=${onClose}>
      <p class="browse-path">${path && html`<button type="button" class="quiet" onClick=${() => setPath(path.split("/").slice(0, -1).join("/"))}><${Icon} name="left" size=${16} />${t("open.up")}</button>`}<span>${path}</span></p>
      ${found?.catalogue && html`<${Search} path=${path} onFound=${setProducts} onProblem=${setProblem} />`}
      ${problem && html`<${ProblemBox} problem=${problem} />`}
      ${!found && !problem && html`<${Waiting} />`}
      ${products && html`<ul class="browse">
        ${products.map((one) => html`<li key=${one.path}><button type="button" class="quiet wide" disabled=${busy !== ""} onClick=${() => take(one)}><${Icon} name="picture" size=${16} /><span>${one.title || one.sku}</span></button></li>`)}
        ${products.length === 0 && html`<li class="help">${t("open.empty")}</li>`}
      </ul>`}
      ${found && !products && html`<ul class="browse">
        ${found.folders.map((one) => html`<li key=${one.path}><button type="button" class="quiet wide" onClick=${() => setPath(one.path)}><${Icon} name="folder" size=${16} /><span>${one.name}</span></button></li>`)}
        ${found.pictures.map((one) => html`<li key=${one.path}><button type="button" class="quiet wide" disabled=${busy !== ""} onClick=${() => take(one)}><${Icon} name="picture" size=${16} /><span>${one.name}</span><span class="faint">${bytes(one.bytes)}</span></button></li>`)}
        ${found.folders.length + found.pictures.length === 0 && html`<li class="help">${t("open.empty")}</li>`}
        ${found.more && html`<li class="help">${t("open.others")}</li>`}
      </ul>`}
    <//>`;
}

/** A button that opens the folders; nothing where the service reads none. `onTake({stored, file})`. */
export function FromCatalogue({ onTake }) {
  const [roots, setRoots] = useState([]);
  const [open, setOpen] = useState(false);
  useEffect(() => { get("/v1/limits").then((told) => setRoots(told.roots ?? []), () => {}); }, []);
  if (!roots.length) return null;
  return html`
    <button type="button" class="button" onClick=${() => setOpen(true)}><${Icon} name="folder" size=${16} />${t("open.from_catalogue")}</button>
    ${open && html`<${Browse} onTake=${onTake} onClose=${() => setOpen(false)} />`}`;
}
