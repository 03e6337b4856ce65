// The report page. Data lies in inert <script> blocks; a card, and the pictures on it, exist only near the window.
// Nothing from the data is ever parsed as HTML: all text goes through textContent.
"use strict";
(() => {
  const ORDER = { flagged: 0, failed: 1, done: 2 };
  const STATUSES = ["all", "done", "flagged", "failed"];
  const ORDERS = ["attention", "worst", "slowest", "name", "asRun"];
  const SEPARATOR = " · ";
  const PRINTED = 200;
  const by = (id) => document.getElementById(id);
  const read = (node) => JSON.parse(node.textContent);
  const run = read(by("summary"));
  const totals = run.totals;
  const entries = [...document.querySelectorAll("script.entry")].map((node, index) => {
    const entry = { index, ...read(node) };
    entry.words = [entry.title, ...Object.values(entry.titles), entry.sku, entry.image, entry.category, ...entry.reasons].join("\n").toLowerCase();
    return entry;
  });
  const state = { language: "en", status: "all", category: null, query: "", order: "attention", view: 50 };
  const cards = new Map();
  const grid = by("results");
  let shown = [];

  // ---- words and numbers ----
  const say = (key, values = {}) =>
    WORDS[state.language][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
  const number = (value, digits = 0, least = digits) =>
    new Intl.NumberFormat(state.language, { maximumFractionDigits: digits, minimumFractionDigits: least }).format(value);
  const known = (value) => typeof value === "number" && Number.isFinite(value);
  const plain = (key) => NAMES[key]?.[state.language] ?? key.replace(/_/g, " ");
  const label = (key) => NUMBERS[key]?.[state.language][0] ?? plain(key);
  const measured = (key, value) => {
    if (!known(value)) return "–";
    const { digits = 2, unit = "" } = NUMBERS[key] ?? { digits: Math.abs(value) >= 100 ? 0 : 2 };
    return (number(value, digits) + " " + unit).trim();
  };
  const duration = (seconds) => {
    if (seconds < 60) return say("seconds", { value: number(seconds, seconds < 10 ? 1 : 0, 0) });
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return say("minutes", { minutes, seconds: Math.floor(seconds % 60) });
    return say("hours", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
  };
  const patterns = REASONS.map(([pattern, en, zh]) => {
    const escaped = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
    return { test: new RegExp("^(?:[^:]*: )?" + escaped.join("(.+?)") + (pattern.endsWith("*") ? "?$" : "$"), "s"), en, zh };
  });
  const sides = (text) => {
    const names = SIDES[state.language];
    const listed = text.split(", ");
    return names && listed.every((side) => side in names) ? listed.map((side) => names[side]).join("、") : text;
  };
  const reason = (text) => {
    const found = patterns.find(({ test }) => test.test(text));
    const said = found?.[state.language] || "";
    if (!said) return text.charAt(0).toUpperCase() + text.slice(1);
    return said.replace(/\$(\d)/g, (_, index) => sides(text.match(found.test)[index] ?? ""));
  };
  const over = (key, value) => {
    const limit = run.limits[key];
    return known(limit) && known(value) && (NUMBERS[key]?.least ? value < limit : value > limit);
  };
  const title = (entry) => entry.titles[state.language] || entry.title || Object.values(entry.titles)[0] || "";
  const heading = (entry) => title(entry) || entry.sku || entry.image;

  // ---- small DOM ----
  const make = (tag, properties = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(properties)) {
      if (value === undefined || value === false) continue;
      if (key === "class") node.className = value;
      else if (key === "text") node.textContent = value;
      else node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child != null));
    return node;
  };
  const isolated = (text) => make("bdi", { text });
  const term = (key) => {
    const about = NUMBERS[key];
    if (!about) return make("span", { text: plain(key) });
    const limit = known(run.limits[key]) ? " " + say("limit", { limit: measured(key, run.limits[key]) }) : "";
    return make("button", { type: "button", class: "term", text: label(key), "data-tip": about[state.language][1] + limit });
  };
  const picture = (thumb, alt, whole = true) => {
    const node = make("img", { alt, class: thumb.clear && "clear", draggable: "false", decoding: "async" });
    if (whole) {
      node.style.width = (100 * thumb.w) / Math.max(thumb.w, thumb.h) + "%";
      node.style.height = (100 * thumb.h) / Math.max(thumb.w, thumb.h) + "%";
    }
    node.src = "data:image/webp;base64," + by(thumb.id).textContent;
    return node;
  };

  // ---- one card ----
  const position = (entry) => entry.x ?? state.view;
  const place = (box, x) => {
    box.style.setProperty("--x", x + "%");
    const handle = box.querySelector(".handle");
    handle.setAttribute("aria-valuenow", Math.round(x));
    handle.setAttribute("aria-valuetext", say("position", { percent: Math.round(x), rest: Math.round(100 - x) }));
    box.querySelector(".tag.before").classList.toggle("gone", x < 18);
    box.querySelector(".tag.after").classList.toggle("gone", x > 82);
  };
  const tag = (which, word = which) => make("span", { class: "tag " + which, text: say(word), "aria-hidden": "true" });
  const layer = (which, entry, thumb) =>
    make("div", { class: "layer " + which }, picture(thumb, say("alt", { which: say(which), title: heading(entry) })));
  const nothing = (entry) => {
    const said = make("span", { text: say(entry.status === "failed" ? "noPicture" : "noResult") });
    return make("div", { class: "gone-wrong" }, make("i", { "aria-hidden": "true" }), said);
  };
  const compare = (entry, after) => {
    const box = make("div", { class: "compare" });
    if (entry.before && after) {
      const handle = make("div", {
        class: "handle", role: "slider", tabindex: "0", "aria-orientation": "horizontal",
        "aria-label": say("compare", { title: heading(entry) }), "aria-valuemin": "0", "aria-valuemax": "100",
      });
      box.append(layer("after", entry, after), layer("before", entry, entry.before), tag("before"), tag("after"), handle);
      place(box, position(entry));
      return box;
    }
    box.classList.add("single");
    const thumb = after ?? entry.before;
    const which = after ? "after" : "before";
    box.append(...(thumb ? [layer(which, entry, thumb), tag(which, after ? "after" : "original")] : [nothing(entry)]));
    return box;
  };
  const versions = (entry) => {
    if (entry.afters.length < 2) return null;
    const row = make("div", { class: "versions", role: "group", "aria-label": say("versions") });
    entry.afters.forEach((after, index) => {
      const name = after.label || say("version", { number: index + 1 });
      const pressed = String(index === (entry.version ?? 0));
      const content = after.id ? picture(after, "", false) : isolated(String(index + 1));
      row.append(make("button", { type: "button", "data-version": index, "aria-pressed": pressed, "aria-label": name, title: name }, content));
    });
    return row;
  };
  const reasons = (entry) => {
    if (entry.status === "done" && !entry.reasons.length) return null;
    const list = make("ul", { class: "reasons" });
    const said = entry.reasons.length ? entry.reasons.map(reason) : [say("unknownReason")];
    const items = said.map((text, index) => {
      const title = index || entry.status === "done" ? null : make("b", {}, make("span", { class: "dot " + entry.status }), say(entry.status));
      return make("li", { dir: "auto" }, title, text);
    });
    const shown = items.length > 4 ? 3 : items.length;
    list.append(...items.slice(0, shown));
    if (shown < items.length) {
      const rest = make("ul", { class: "rest" }, ...items.slice(shown));
      list.append(make("li", {}, make("details", {}, make("summary", { text: say("moreReasons", { count: items.length - shown }) }), rest)));
    }
    return list;
  };
  const figures = (entry) => {
    const row = make("div", { class: "figures" });
    const all = { ...entry.numbers, ...entry.fidelity };
    for (const key of ["delta_e_p99", "edge_shift_px", "delta_e_to_target"]) {
      if (!known(all[key])) continue;
      row.append(make("span", {}, term(key), " ", make("b", { class: over(key, all[key]) && "over", text: measured(key, all[key]) })));
    }
    return row.childElementCount ? row : null;
  };
  const low = (entry, after) => {
    const row = make("div", { class: "low" });
    row.append(make("button", { type: "button", class: "more", "aria-expanded": String(Boolean(entry.unfolded)), text: say("details") }));
    if (after?.link) row.append(make("a", { class: "open", href: after.link, target: "_blank", rel: "noopener noreferrer", text: say("open") }));
    return row;
  };
  const fidelity = (entry) => {
    const keys = Object.keys(entry.fidelity).filter((key) => !key.startsWith("encoded_"));
    if (!keys.length) return null;
    const inFile = keys.some((key) => "encoded_" + key in entry.fidelity);
    const head = [make("th", { text: say("measure") }), make("th", { text: say("edited") }), inFile ? make("th", { text: say("encoded") }) : null];
    const rows = keys.map((key) =>
      make("tr", {}, make("th", { scope: "row" }, term(key)),
        make("td", { text: measured(key, entry.fidelity[key]), class: over(key, entry.fidelity[key]) && "over" }),
        inFile ? make("td", { text: measured(key, entry.fidelity["encoded_" + key]) }) : null));
    return make("table", { class: "measures" }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
  };
  const table = (rows) => make("table", {}, make("tbody", {}, ...rows.map(([key, value]) =>
    make("tr", {}, make("th", { scope: "row" }, key), make("td", {}, value)))));
  const parameter = (value) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return text.length > 60 ? text.slice(0, 59) + "…" : text;
  };
  const step = ({ operation, parameters = {} }) => {
    const said = Object.entries(parameters).filter(([, value]) => value !== null && value !== "")
      .map(([key, value]) => plain(key) + " " + parameter(value)).join(", ");
    return make("li", {}, isolated(plain(operation)), make("span", { text: " " + (said || say("standard")) }));
  };
  const mark = ([key, value]) => [plain(key), isolated(MARKS[String(value).split("/").pop()]?.[state.language] ?? value)];
  const section = (title, content) => [make("h3", { text: say(title) }), content];
  const detail = (entry) => {
    const box = make("div", { class: "detail" });
    const measures = fidelity(entry);
    if (measures) box.append(measures);
    const others = Object.entries(entry.numbers).map(([key, value]) => [term(key), measured(key, value)]);
    if (others.length) box.append(...section("other", table(others)));
    if (entry.steps.length) box.append(...section("steps", make("ol", {}, ...entry.steps.map(step))));
    const marks = Object.entries(entry.marks);
    if (marks.length) box.append(...section("marks", table(marks.map(mark))));
    box.append(...section("file", table([[isolated(entry.image), duration(entry.seconds)]])));
    return box;
  };
  const fill = (card) => {
    const entry = entries[card.dataset.index];
    const after = entry.afters[entry.version ?? 0];
    const head = make("h2", { id: "t" + entry.index, dir: "auto", text: heading(entry) });
    const where = make("p", { class: "where" });
    const parts = [title(entry) ? entry.sku : "", entry.category, after?.label ?? ""].filter(Boolean);
    parts.forEach((part, index) => where.append(index ? SEPARATOR : "", isolated(part)));
    const text = make("div", { class: "text" }, head, parts.length ? where : null, reasons(entry), figures(entry), low(entry, after));
        card.classList.remove("waiting");
    card.classList.toggle("unfolded", Boolean(entry.unfolded));
    card.replaceChildren(...[compare(entry, after?.id ? after : null), versions(entry), text, entry.unfolded ? detail(entry) : null].filter(Boolean));
  };
  const empty = (card) => {
    if (card.classList.contains("waiting") || card.contains(document.activeElement)) return;
    card.style.setProperty("--height", card.offsetHeight + "px");
    card.classList.add("waiting");
    card.replaceChildren();
  };
  const watcher = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      if (!isIntersecting) empty(target);
      else if (target.classList.contains("waiting")) fill(target);
    }
  }, { rootMargin: "1000px 0px" });
  const cardOf = (entry) => {
    if (!cards.has(entry.index)) {
      const card = make("article", { class: "card waiting " + entry.status, "data-index": entry.index, "aria-labelledby": "t" + entry.index });
      cards.set(entry.index, card);
    }
    return cards.get(entry.index);
  };
  const redraw = () => cards.forEach((card) => card.classList.contains("waiting") || fill(card));

  // ---- which cards, in what order ----
  const doubtful = (entry) => entry.numbers.confidence ?? 1; // the least certain cut-out first
  const worst = (entry) => entry.fidelity.delta_e_p99 ?? entry.fidelity.delta_e_max ?? -1;
  const names = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const COMPARE = {
    attention: (a, b) => ORDER[a.status] - ORDER[b.status] || (a.status === "flagged" ? doubtful(a) - doubtful(b) : 0),
    worst: (a, b) => worst(b) - worst(a),
    slowest: (a, b) => b.seconds - a.seconds,
    name: (a, b) => names.compare(heading(a), heading(b)),
    asRun: () => 0,
  };
  const fits = (entry) =>
    (state.status === "all" || entry.status === state.status) &&
    (state.category === null || entry.category === state.category) &&
    state.query.split(/\s+/).every((word) => entry.words.includes(word));
  const list = () => {
    shown = entries.filter(fits).sort((a, b) => COMPARE[state.order](a, b) || a.index - b.index);
    const kept = new Set(shown);
    watcher.disconnect();
    cards.forEach((card) => kept.has(entries[card.dataset.index]) || empty(card));
    grid.replaceChildren(...shown.map(cardOf));
    shown.forEach((entry) => watcher.observe(cardOf(entry)));
    by("empty").hidden = shown.length > 0;
    count();
    if (grid.getBoundingClientRect().top < 0) scrollTo({ top: by("tools").offsetTop });
  };
  const count = () => {
    const said = [say("showing", { shown: number(shown.length), total: number(entries.length) })];
    if (entries.length < totals.entries) said.push(say("embedded", { held: number(entries.length), total: number(totals.entries) }));
    if (state.status !== "all") said.push(say(state.status + "Tip"));
    by("count").textContent = said.join(SEPARATOR);
    document.querySelectorAll("#tiles [data-status]").forEach((tile) => tile.setAttribute("aria-pressed", tile.dataset.status === state.status));
  };

  // ---- the head of the page ----
  const amount = (status) => (status === "all" ? totals.entries : totals[status]);
  const head = () => {
    const headline = totals.entries === 1 ? say("headlineOne") : say("headline", { count: number(totals.entries) });
    by("headline").textContent = headline;
    document.title = [headline, run.pipeline, "packshot"].filter(Boolean).join(SEPARATOR);
    const values = { pipeline: run.pipeline, time: duration(run.seconds), rate: number(run.photos_per_second ?? 0, 1) };
    const facts = say(run.photos_per_second ? "facts" : "factsShort", values);
    by("facts").textContent = [facts, run.catalogue].filter(Boolean).join(SEPARATOR);
    const day = new Date(run.date);
    const date = Number.isNaN(day.getTime()) ? run.date
      : new Intl.DateTimeFormat(state.language, { dateStyle: "long", timeStyle: "short" }).format(day);
    by("foot").textContent = say(run.device ? "footDevice" : "foot", { version: run.version, date, device: run.device });
    by("bar").replaceChildren(...STATUSES.slice(1).filter(amount).map((status) => {
      const part = make("i", { class: status });
      part.style.flexGrow = amount(status);
      return part;
    }));
    by("tiles").replaceChildren(...STATUSES.map((status) =>
      make("button", { type: "button", class: "tile", "data-status": status, "aria-pressed": "false" },
        make("b", { text: number(amount(status)) }),
        make("span", {}, make("i", { class: "dot " + status }), say(status)))));
    lock();
  };
  const lock = () => {
    const { count: ready, delta_e_p99_max: most } = totals.ready;
    const line = by("lock");
    const broken = entries.filter((entry) => entry.status !== "failed" && over("delta_e_p99", entry.fidelity.delta_e_p99)).length;
    line.hidden = !ready && !broken;
    const limit = run.limits.delta_e_p99;
    const key = broken === 1 ? "lockBrokenOne" : broken ? "lockBroken" : known(limit) ? "lock" : "lockPlain";
    const changed = broken ? totals.measures.delta_e_p99.max : most;
    const value = number(Math.ceil(changed * 100) / 100, 2);
    line.classList.toggle("broken", broken > 0);
    line.textContent = say(key, { value, limit: number(limit ?? 0, 2, 0), count: number(broken || ready) });
  };
  const options = (select, pairs, chosen) =>
    select.replaceChildren(...pairs.map(([value, text]) => make("option", { value, text, selected: value === chosen })));
  const selects = () => {
    const categories = [...new Set(entries.map((entry) => entry.category))].sort(names.compare);
    by("category-pick").hidden = categories.length < 2;
    options(by("category"), [["*", say("everyCategory")], ...categories.map((name) => ["=" + name, name || say("noCategory")])],
      state.category === null ? "*" : "=" + state.category);
    options(by("order"), ORDERS.map((name) => [name, say(name)]), state.order);
  };
  const speak = (language) => {
    state.language = language;
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    document.querySelectorAll("[data-text]").forEach((node) => { node.textContent = say(node.dataset.text); });
    document.querySelectorAll("[data-placeholder]").forEach((node) => { node.placeholder = say(node.dataset.placeholder); });
    document.querySelectorAll("[data-label]").forEach((node) => node.setAttribute("aria-label", say(node.dataset.label)));
    document.querySelectorAll("[data-language]").forEach((node) => node.setAttribute("aria-pressed", node.dataset.language === language));
    head();
    selects();
    count();
    redraw();
  };
  const look = (view) => {
    state.view = view;
    entries.forEach((entry) => { delete entry.x; });
    document.querySelectorAll("[data-view]").forEach((node) => node.setAttribute("aria-pressed", Number(node.dataset.view) === view));
    document.querySelectorAll(".compare:not(.single)").forEach((box) => place(box, view));
  };

  // ---- what the hand does ----
  const entryOf = (node) => entries[node.closest(".card").dataset.index];
  const slide = (box, x) => {
    entryOf(box).x = Math.min(100, Math.max(0, x));
    place(box, entryOf(box).x);
  };
  const under = (box, event) => {
    const { left, width } = box.getBoundingClientRect();
    return (100 * (event.clientX - left)) / width;
  };
  const fold = (card) => {
    entries[card.dataset.index].unfolded = false;
    fill(card);
    card.querySelector(".more").focus({ preventScroll: true });
  };
  let drag = null;
  grid.addEventListener("pointerdown", (event) => {
    const box = event.target.closest(".compare:not(.single)");
    if (!box || event.button) return;
    drag = { box, from: event.clientX, moving: event.pointerType !== "touch" }; // a finger may want to scroll
    box.setPointerCapture(event.pointerId);
    if (drag.moving) slide(box, under(box, event));
  });
  grid.addEventListener("pointermove", (event) => {
    if (!drag) return;
    drag.moving ||= Math.abs(event.clientX - drag.from) > 5;
    if (drag.moving) slide(drag.box, under(drag.box, event));
  });
  grid.addEventListener("pointerup", (event) => {
    if (!drag) return;
    slide(drag.box, under(drag.box, event));
    drag.box.querySelector(".handle").focus({ preventScroll: true, focusVisible: false });
    drag = null;
  });
  grid.addEventListener("pointercancel", () => { drag = null; });
  const STEPS = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10, Home: -100, End: 100 };
  grid.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest(".unfolded")) fold(event.target.closest(".unfolded"));
    const box = event.target.closest(".handle")?.parentElement;
    if (!box || !(event.key in STEPS) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    slide(box, position(entryOf(box)) + STEPS[event.key] * (event.shiftKey ? 5 : 1));
  });
  grid.addEventListener("click", (event) => {
    const button = event.target.closest(".more, [data-version]");
    if (!button) return;
    const entry = entryOf(button);
    const card = cards.get(entry.index);
    if (button.dataset.version) entry.version = Number(button.dataset.version);
    else entry.unfolded = !entry.unfolded;
    fill(card);
    card.querySelector(button.dataset.version ? `[data-version="${Number(button.dataset.version)}"]` : ".more").focus({ preventScroll: true });
  });
  by("tiles").addEventListener("click", (event) => {
    const tile = event.target.closest("[data-status]");
    if (!tile) return;
    state.status = tile.dataset.status;
    list();
  });
  let typing;
  by("search").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => { state.query = by("search").value.trim().toLowerCase(); list(); }, 90);
  });
  by("tools").addEventListener("submit", (event) => event.preventDefault());
  by("category").addEventListener("change", (event) => {
    state.category = event.target.value === "*" ? null : event.target.value.slice(1);
    list();
  });
  by("order").addEventListener("change", (event) => { state.order = event.target.value; list(); });
  by("views").addEventListener("click", (event) => event.target.dataset.view && look(Number(event.target.dataset.view)));
  by("reset").addEventListener("click", () => {
    Object.assign(state, { status: "all", category: null, query: "" });
    by("search").value = "";
    selects();
    list();
    grid.focus();
  });
  document.querySelectorAll("[data-language]").forEach((node) => node.addEventListener("click", () => {
    speak(node.dataset.language);
    try { localStorage.setItem("packshot-language", node.dataset.language); } catch { /* a page from a file may not store */ }
  }));

  // ---- explanations: on hover, on focus, on tap ----
  const tip = by("tip");
  const explain = (target) => {
    document.querySelector("[aria-describedby=tip]")?.removeAttribute("aria-describedby");
    tip.hidden = !target;
    if (!target) return;
    tip.textContent = target.dataset.tip;
    target.setAttribute("aria-describedby", "tip");
    const place = target.getBoundingClientRect();
    const left = Math.min(Math.max(12, place.left), document.documentElement.clientWidth - tip.offsetWidth - 12);
    const above = place.top > tip.offsetHeight + 80;
    tip.style.left = left + scrollX + "px";
    tip.style.top = scrollY + (above ? place.top - tip.offsetHeight - 8 : place.bottom + 8) + "px";
  };
  const tipped = (event) => explain(event.target.closest?.("[data-tip]") ?? null);
  for (const kind of ["mouseover", "focusin", "click"]) document.addEventListener(kind, tipped);
  document.addEventListener("focusout", () => explain(null));
  document.addEventListener("keydown", (event) => event.key === "Escape" && explain(null));

  // ---- paper ----
  addEventListener("beforeprint", () => {
    watcher.disconnect(); // what is filled now stays until the paper is done
    shown.slice(0, PRINTED).forEach((entry) => fill(cardOf(entry)));
    if (shown.length > PRINTED) by("count").textContent = say("printed", { count: PRINTED, total: number(shown.length) });
  });
  addEventListener("afterprint", () => { list(); });

  let language = (navigator.language || "en").toLowerCase().startsWith("zh") ? "zh" : "en";
  try { language = localStorage.getItem("packshot-language") ?? language; } catch { /* as above */ }
  speak(language in WORDS ? language : "en");
  look(50);
  list();
})();
