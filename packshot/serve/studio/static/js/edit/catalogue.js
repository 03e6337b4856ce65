/* A picture from the folders that the service may read. */
import { html, useEffect, useState } from "../lib.js";
import { bytes, t } from "../i18n.js";
import { get, post, send } from "../api.js";
import { Icon } from "../icons.js";
import { Dialog } from "../parts/dialog.js";
import { Waiting } from "../parts/empty.js";
import { ProblemBox } from "../parts/toast.js";

const within = (path) => `/v1/catalogue?path=${encodeURIComponent(path)}`;

/** The picture of a path: what is uploaded, and its bytes as a file for the page to show. */
async function taken(path) {
  const stored = await post("/v1/catalogue/file", { path });
  const blob = await (await send("GET", `/v1/files/${stored.id}/content`)).blob();
  return { stored, file: new File([blob], stored.name, { type: blob.type }) };
}

function Browse({ onTake, onClose }) {
  const [path, setPath] = useState("");
  const [found, setFound] = useState(null);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState("");
  useEffect(() => {
    let alive = true;
    setFound(null);
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
      ${problem && html`<${ProblemBox} problem=${problem} />`}
      ${!found && !problem && html`<${Waiting} />`}
      ${found && html`<ul class="browse">
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
