/* Where files are dropped or chosen: single files, many, or a whole folder with its tree. */
import { html, useRef, useState } from "../lib.js";
import { t } from "../i18n.js";
import { Icon } from "../icons.js";

const PICTURES = /\.(jpe?g|png|webp|tiff?|bmp|gif|avif|heic|heif)$/i;
const JUNK = /(^|\/)(\.[^/]*|thumbs\.db|desktop\.ini|__macosx\/.*)$/i;

/** Whether a file looks like a picture by its name or kind. */
export const isPicture = (file) => PICTURES.test(file.name) || file.type.startsWith("image/");

async function walk(entry, path, found) {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    file.packshotName = path + file.name;
    found.push(file);
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return;
    for (const one of some) await walk(one, `${path}${entry.name}/`, found);
  }
}

/** The files of a drop, folders opened; their names with the folders before them. */
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  const found = [];
  for (const entry of entries) await walk(entry, "", found);
  return found;
}

/** Only what may be of use, in the order of names. */
export function useful(files, pictures = true) {
  const named = [...files].map((file) => {
    if (!file.packshotName && file.webkitRelativePath) file.packshotName = file.webkitRelativePath;
    return file;
  });
  const fine = named.filter((file) => !JUNK.test(file.packshotName ?? file.name) && file.size > 0 && (!pictures || isPicture(file)));
  return fine.sort((a, b) => (a.packshotName ?? a.name).localeCompare(b.packshotName ?? b.name, undefined, { numeric: true }));
}

/** `onFiles(files)`; `text` says what is wanted; `pictures` false takes any kind; `small` once there are some. */
export function Drop({ onFiles, text, many = true, folder = true, pictures = true, small = false, accept = "image/*,.heic,.heif" }) {
  const files = useRef(null);
  const tree = useRef(null);
  const [over, setOver] = useState(false);
  const take = (list) => {
    const found = useful(list, pictures);
    onFiles(many ? found : found.slice(0, 1), list.length - found.length);
  };
  const drop = async (event) => {
    event.preventDefault();
    setOver(false);
    take(await dropped(event.dataTransfer));
  };
  const chosen = (event) => {
    take(event.target.files);
    event.target.value = "";
  };
  return html`
    <div class=${`drop ${over ? "over" : ""} ${small ? "small" : ""}`} onDragOver=${(event) => { event.preventDefault(); setOver(true); }} onDragLeave=${() => setOver(false)} onDrop=${drop}>
      ${!small && html`<span class="drop-icon"><${Icon} name="upload" size=${24} /></span>`}
      <p>${text}</p>
      <div class="actions centre">
        <button type="button" class="button" onClick=${() => files.current.click()}><${Icon} name="picture" size=${16} />${many ? t("drop.files") : t("drop.file")}</button>
        ${folder && html`<button type="button" class="button desk-only" onClick=${() => tree.current.click()}><${Icon} name="folder" size=${16} />${t("drop.folder")}</button>`}
      </div>
      <input ref=${files} class="unseen" type="file" accept=${accept} multiple=${many} tabindex="-1" aria-label=${many ? t("drop.files") : t("drop.file")} onChange=${chosen} />
      ${folder && html`<input ref=${tree} class="unseen" type="file" webkitdirectory tabindex="-1" aria-label=${t("drop.folder")} onChange=${chosen} />`}
    </div>`;
}
