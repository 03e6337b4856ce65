/* A catalogue on the server: its path typed, or found by walking through the folders that the service may read. */
import { html, useEffect, useState } from "../lib.js";
import { t, tn } from "../i18n.js";
import { Icon } from "../icons.js";
import { get } from "../api.js";

const SHOWN = 12;

/** The folder that is being looked into: all of the path up to its last slash. */
const parent = (path) => path.slice(0, path.lastIndexOf("/") + 1).replace(/\/$/, "");

export function FolderField({ id, value, onChange, help, example = "" }) {
  const [found, setFound] = useState({ path: null });
  const inside = parent(value.trim());
  useEffect(() => {
    let alive = true;
    const timer = setTimeout(() => get(`/v1/catalogue?path=${encodeURIComponent(inside)}`).then((told) => alive && setFound(told), () => alive && setFound({ path: null })), 150);
    return () => { alive = false; clearTimeout(timer); };
  }, [inside]);
  const begun = value.trim().slice(inside ? inside.length + 1 : 0).toLowerCase();
  const folders = (found.folders ?? []).filter((one) => one.name.toLowerCase().startsWith(begun) && one.path !== value.trim());
  return html`
    <div class="field">
      <label class="field-name" for=${id}>${t("listing.catalogue")}</label>
      <input id=${id} class="text" value=${value} spellcheck=${false} autocomplete="off" placeholder=${example} aria-describedby=${`${id}-help`} onInput=${(event) => onChange(event.target.value)} />
      <p class="help" id=${`${id}-help`}>${help}</p>
      ${(folders.length > 0 || found.path) && html`
        <ul class="folders">
          ${found.path && html`<li><button type="button" class="button small" onClick=${() => onChange(parent(found.path) && `${parent(found.path)}/`)}><${Icon} name="left" size=${14} />${t("folder.up")}</button></li>`}
          ${folders.slice(0, SHOWN).map((one) => html`<li key=${one.path}><button type="button" class="button small" onClick=${() => onChange(`${one.path}/`)}><${Icon} name="folder" size=${14} />${one.name}</button></li>`)}
          ${found.path && found.pictures?.length > 0 && html`<li class="soft">${tn("folder.pictures", found.pictures.length)}</li>`}
        </ul>`}
    </div>`;
}
