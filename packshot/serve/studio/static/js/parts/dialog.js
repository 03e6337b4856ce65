/* A window over the page: the browser's own dialog, so that focus stays inside and Escape closes it. */
import { html, useEffect, useId, useRef } from "../lib.js";
import { t } from "../i18n.js";
import { Icon } from "../icons.js";

/** `title`, `onClose`, children; `kind`: "" in the middle, "sheet" from the left, "wide" for pictures. */
export function Dialog({ title, onClose, kind = "", children }) {
  const node = useRef(null);
  const id = useId();
  useEffect(() => {
    const dialog = node.current;
    const before = document.activeElement;
    dialog.showModal();
    return () => {
      dialog.close();
      before?.focus?.();
    };
  }, []);
  const outside = (event) => event.target === node.current && onClose();
  return html`
    <dialog ref=${node} class=${`dialog ${kind}`} aria-labelledby=${id} onCancel=${(event) => { event.preventDefault(); onClose(); }} onClick=${outside}>
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id=${id}>${title}</h2>
          <button type="button" class="quiet round" aria-label=${t("close")} onClick=${onClose}><${Icon} name="close" /></button>
        </header>
        ${children}
      </div>
    </dialog>`;
}

/** Ask before something that cannot be taken back. */
export function Confirm({ title, text, yes, onYes, onClose }) {
  return html`
    <${Dialog} title=${title} onClose=${onClose}>
      <p class="dialog-text">${text}</p>
      <div class="actions end">
        <button type="button" class="button" onClick=${onClose}>${t("cancel")}</button>
        <button type="button" class="button danger" onClick=${() => { onClose(); onYes(); }}>${yes}</button>
      </div>
    <//>`;
}
