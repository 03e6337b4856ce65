/* What stands around every page: navigation, language, theme, messages, shortcuts, and the key where one is asked for. */
import { html, useCallback, useEffect, useLayoutEffect, useRef, useState } from "./lib.js";
import { LANGUAGES, language, speak, t } from "./i18n.js";
import { Icon, Sign } from "./icons.js";
import { box, kept, useBox } from "./state.js";
import { go, link, place } from "./router.js";
import { shortcuts, useShortcut } from "./shortcuts.js";
import { Dialog } from "./parts/dialog.js";
import { Toasts, complain } from "./parts/toast.js";
import { GROUPS, PAGES } from "./pages.js";
import { Session, session } from "./session.js";

const theme = box(kept.get("theme"));
theme.watch((value) => {
  if (value) document.documentElement.dataset.theme = value;
  else delete document.documentElement.dataset.theme;
  kept.set("theme", value);
});

const NAMES = { en: "English", zh: "中文" }; // each language in its own words
const THEMES = ["", "light", "dark"];
const DRAWN = { "": "screen", light: "sun", dark: "moon" };

function Languages() {
  const spoken = useBox(language);
  return html`
    <div class="segments small" role="radiogroup" aria-label=${t("language")}>
      ${LANGUAGES.map((name) => html`
        <label class="segment" key=${name} lang=${name}><input type="radio" name="language" value=${name} checked=${name === spoken} onChange=${() => speak(name).catch(complain)} /><span>${NAMES[name]}</span></label>`)}
    </div>`;
}

function Theme() {
  const chosen = useBox(theme);
  const next = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length];
  const told = t("theme.button", { now: t(`theme.${chosen || "system"}`), next: t(`theme.${next || "system"}`) });
  return html`<button type="button" class="quiet round" aria-label=${told} title=${told} onClick=${() => theme.set(next)}><${Icon} name=${DRAWN[chosen]} /></button>`;
}

function Links({ onGo = () => {} }) {
  const { page } = useBox(place);
  return html`
    <nav class="links" aria-label=${t("navigation")}>
      ${GROUPS.map((group) => html`
        <ul key=${group[0]}>${group.map((name) => html`
          <li key=${name}><a href=${link(name)} aria-current=${name === page ? "page" : undefined} onClick=${onGo}><${Icon} name=${name} />${t(`page.${name}`)}</a></li>`)}</ul>`)}
    </nav>`;
}

function Tools({ onShortcuts }) {
  const known = useBox(session);
  return html`
    <div class="side-foot">
      ${known.leave && html`<button type="button" class="quiet wide" onClick=${known.leave}>${t("session.leave")}</button>`}
      <div class="side-tools">
        <${Languages} />
        <span class="spring"></span>
        <${Theme} />
        <button type="button" class="quiet round desk-only" aria-label=${t("shortcuts")} title=${t("shortcuts")} onClick=${onShortcuts}><${Icon} name="keyboard" /></button>
      </div>
    </div>`;
}

function Shortcuts({ onClose }) {
  const all = useBox(shortcuts);
  const seen = [...new Map(all.map((one) => [one.keys, one])).values()];
  return html`
    <${Dialog} title=${t("shortcuts")} onClose=${onClose}>
      <dl class="shortcuts">
        ${seen.map((one) => html`
          <div key=${one.keys}><dt>${t(one.name, one.values)}</dt><dd>${one.keys.split(" ").map((key) => html`<kbd key=${key}>${key === "Escape" ? "Esc" : key}</kbd>`)}</dd></div>`)}
        <div><dt>${t("shortcut.slider")}</dt><dd><kbd>←</kbd><kbd>→</kbd></dd></div>
      </dl>
    <//>`;
}

const Goto = ({ name }) => {
  useShortcut(`g ${PAGES[name].letter}`, "shortcut.go", () => go(name), { page: t(`page.${name}`) });
  return null;
};

/** The whole window. */
export function Shell() {
  useBox(language);
  const { page, rest } = useBox(place);
  const [open, setOpen] = useState("");
  const main = useRef(null);
  const shown = PAGES[page];
  useEffect(() => { if (!shown) go("listing", [], { instead: true }); }, [shown]);
  const close = useCallback(() => setOpen(""), []);
  useShortcut("?", "shortcut.list", () => setOpen("shortcuts"));
  useArrival(main, `${page}/${rest.join("/")}`);
  const Page = shown?.view;
  const name = shown ? t(`page.${page}`) : "";
  useEffect(() => { document.title = name ? `${name} · packshot` : "packshot"; });
  return html`
    <div class="shell">
      <a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); main.current.focus(); }}>${t("skip")}</a>
      <aside class="side">
        <a class="brand" href=${link("listing")}><${Sign} /><span translate=${false}>packshot</span></a>
        <${Links} />
        <${Tools} onShortcuts=${() => setOpen("shortcuts")} />
      </aside>
      <header class="bar">
        <button type="button" class="quiet round" aria-label=${t("menu")} aria-haspopup="dialog" onClick=${() => setOpen("menu")}><${Icon} name="menu" size=${20} /></button>
        <span class="bar-title">${name}</span>
        <${Sign} />
      </header>
      <main id="main" ref=${main} tabindex="-1">${Page && html`<${Session}><${Page} key=${page} rest=${rest} /><//>`}</main>
      ${open === "menu" && html`<${Dialog} kind="sheet" title="packshot" onClose=${close}><${Links} onGo=${close} /><${Tools} onShortcuts=${() => setOpen("shortcuts")} /><//>`}
      ${open === "shortcuts" && html`<${Shortcuts} onClose=${close} />`}
      ${Object.keys(PAGES).map((one) => html`<${Goto} key=${one} name=${one} />`)}
      <${Toasts} />
    </div>`;
}

/** On a new page begin at its top, and let a screen reader begin there too; not when the studio has just opened. */
function useArrival(main, where) {
  const before = useRef(where);
  useLayoutEffect(() => {
    if (before.current === where) return;
    const first = before.current === "/";
    before.current = where;
    scrollTo(0, 0);
    if (!first) main.current?.focus({ preventScroll: true });
  }, [where]);
}
