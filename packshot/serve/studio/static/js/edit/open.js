/* Getting a photo to work on: dropped, chosen, pasted, or taken from a catalogue; it is uploaded once and named by its id. */
import { html, useEffect, useState } from "../lib.js";
import { t } from "../i18n.js";
import { send, upload } from "../api.js";
import { complain } from "../parts/toast.js";
import { Drop } from "../parts/drop.js";
import { FromCatalogue } from "./catalogue.js";
import { decoded } from "./results.js";

/** What the service makes of a photo as it is: for kinds of file that a browser does not show. */
async function asRead(id) {
  const form = new FormData();
  form.append("file", id);
  form.append("steps", "[]");
  form.append("output", JSON.stringify({ format: "png" }));
  return (await send("POST", "/v1/edit", { body: form })).blob();
}

/** Upload a file (unless it is `stored` already) and get ready to show it: {id, name, url, width, height}. `told(share)`. */
export async function photoOf(file, told = () => {}, known = null) {
  const stored = known ?? await upload(file, told);
  let url = URL.createObjectURL(file);
  let image = await decoded(url);
  if (!image.naturalWidth) {
    URL.revokeObjectURL(url);
    url = URL.createObjectURL(await asRead(stored.id));
    image = await decoded(url);
  }
  return { id: stored.id, name: file.name || "photo.png", url, width: image.naturalWidth, height: image.naturalHeight };
}

/** Hear pictures that are pasted anywhere on the page. */
export function usePaste(onFile) {
  useEffect(() => {
    const heard = (event) => {
      const file = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
      if (!file) return;
      event.preventDefault();
      onFile(file);
    };
    addEventListener("paste", heard);
    return () => removeEventListener("paste", heard);
  }, [onFile]);
}

/** Opening a photo with its upload's progress: {share, open(file)}; `share` null when nothing is on its way. */
export function useOpening(onPhoto) {
  const [share, setShare] = useState(null);
  const open = async (file, known = null) => {
    if (!file || share !== null) return;
    setShare(0);
    try {
      onPhoto(await photoOf(file, setShare, known));
    } catch (problem) {
      complain(problem);
    }
    setShare(null);
  };
  return { share, open };
}

/** Where there is no photo yet. */
export function OpenFirst({ title, text, open, share, children = null }) {
  return html`
    <div class="open-first">
      <h1>${title}</h1>
      <p class="soft">${text}</p>
      ${share === null ? html`<${Drop} text=${t("open.drop")} many=${false} folder=${false} onFiles=${([file]) => open(file)} />`
        : html`<div class="waiting" role="status"><span class="spinner" aria-hidden="true"></span>${t("open.uploading", { n: Math.round(share * 100) })}</div>`}
      <p class="help">${t("open.paste")}</p>
      ${share === null && html`<${FromCatalogue} onTake=${({ stored, file }) => open(file, stored)} />`}
      ${children}
    </div>`;
}
