/* Generate: new pictures from a trained network. One preview follows every slider; a grid fills as pictures come. */
import { html, useEffect, useMemo, useRef, useState } from "../lib.js";
import { number, t, tn } from "../i18n.js";
import { Icon } from "../icons.js";
import { go, link } from "../router.js";
import { models, submit, useAsked } from "../service.js";
import { kept } from "../state.js";
import { useShortcut } from "../shortcuts.js";
import { Empty, Waiting } from "../parts/empty.js";
import { ProblemBox, complain, say } from "../parts/toast.js";
import { keep, zip } from "../edit/files.js";
import { toEdit } from "../edit/bench.js";
import { Controls, drawing, freshSeed } from "../generate/controls.js";
import { asking, drawn, drawnAll, useLive } from "../generate/drawing.js";
import { Preview } from "../generate/preview.js";

const MOST = 64; // pictures that a page draws one by one; more are a job
const STEPS = 24;

function remembered(rows) {
  let old = {};
  try { old = JSON.parse(kept.get("generate", "{}")); } catch { /* as the first time */ }
  const checkpoint = rows.some((one) => one.name === old.checkpoint) ? old.checkpoint : rows[0].name;
  const same = checkpoint === old.checkpoint;
  return { checkpoint, attributes: same ? old.attributes ?? {} : {}, text: "", truncation: old.truncation ?? 1, seed: old.seed ?? freshSeed(), locked: old.locked ?? false, count: Math.min(MOST, old.count ?? 16) };
}

const nameOf = (picture) => `${picture.checkpoint}-${picture.seed}-${String(picture.number).padStart(5, "0")}${picture.suffix ?? ""}.png`;
const wordsOf = (picture) => Object.entries(picture.report?.attributes ?? {}).filter(([name]) => name !== "between").map(([, value]) => value).join(", ");

function Tile({ picture, isChosen, onChoose, onLook, isLooked }) {
  const words = wordsOf(picture);
  const name = `${t("generate.number", { n: number(picture.number) })}${words ? `, ${words}` : ""}`;
  if (picture.problem) return html`<li class="drawn failed"><span class="drawn-picture"><${Icon} name="warn" /></span></li>`;
  if (!picture.url) return html`<li class="drawn waiting-one"><span class="drawn-picture"></span><span class="drawn-words">${"\u00a0"}</span></li>`;
  return html`
    <li class=${`drawn ${isChosen ? "chosen" : ""} ${isLooked ? "looked" : ""}`}>
      <button type="button" class="drawn-picture" aria-label=${t("generate.look", { name })} onClick=${onLook}><img src=${picture.url} alt=${t("generate.picture", { name })} class=${picture.report.width < 128 ? "pixels" : ""} /></button>
      <label class="drawn-words"><input type="checkbox" class="box" checked=${isChosen} aria-label=${t("generate.choose", { name })} onChange=${onChoose} /><span>${words || t("generate.number", { n: number(picture.number) })}</span></label>
    </li>`;
}

/** Choose weights once there are some. */
export function Page() {
  const asked = useAsked(models);
  if (asked.problem) return html`<div class="page narrow"><${ProblemBox} problem=${asked.problem} retry=${asked.again} /></div>`;
  if (!asked.data) return html`<${Waiting} text=${t("generate.looking")} />`;
  const rows = drawing(asked.data);
  if (!rows.length) return html`<div class="page"><${Empty} icon="generate" title=${t("generate.none")} text=${t("generate.none_text")}><a class="button primary" href=${link("train")}>${t("page.train")}</a><//></div>`;
  return html`<${Studio} rows=${rows} />`;
}

function Studio({ rows }) {
  const [settings, setSettings] = useState(() => remembered(rows));
  const [pictures, setPictures] = useState([]);
  const [chosen, setChosen] = useState(new Set());
  const [looked, setLooked] = useState(null); // the picture that the preview shows again with other settings
  const [way, setWay] = useState(null);
  const [busy, setBusy] = useState(false);
  const [animating, setAnimating] = useState(false);
  const stop = useRef(null);
  useEffect(() => { const { text, ...rest } = settings; kept.set("generate", JSON.stringify(rest)); }, [settings]);
  useEffect(() => () => stop.current?.abort(), []);
  const change = (changes) => { setSettings((old) => ({ ...old, ...changes })); if ("seed" in changes || "checkpoint" in changes) setLooked(null); if ("checkpoint" in changes) setWay(null); };
  const place = looked ?? { seed: settings.seed, number: 0 };
  const wish = way
    ? asking(settings, { seed: way.a.seed, number: way.a.number, attributes: way.a.full }, { seed: way.b.seed, number: way.b.number, attributes: way.b.full, at: way.at, straight: way.straight })
    : asking(settings, { ...place, attributes: settings.attributes });
  const live = useLive(wish);
  const selected = pictures.filter((one) => chosen.has(one.key));
  const draw = async () => {
    if (settings.count > MOST) return hand();
    stop.current?.abort();
    const giveUp = new AbortController();
    stop.current = giveUp;
    const seed = settings.locked ? settings.seed : freshSeed();
    if (!settings.locked) setSettings((old) => ({ ...old, seed }));
    setLooked(null);
    setWay(null);
    const fresh = Array.from({ length: settings.count }, (_, index) => ({ key: `${Date.now()}-${index}`, checkpoint: settings.checkpoint, seed, number: index, settings }));
    setPictures((old) => [...old.filter((one) => chosen.has(one.key)), ...fresh]);
    setBusy(true);
    await drawnAll(fresh.map(({ number: n }) => asking(settings, { seed, number: n, attributes: settings.attributes })), (index, result) => {
      if (result.problem) complain(result.problem);
      setPictures((old) => old.map((one) => (one.key === fresh[index].key ? { ...one, ...result } : one)));
    }, giveUp.signal);
    if (stop.current === giveUp) { setBusy(false); setPictures((old) => old.filter((one) => one.url || one.problem)); }
    return undefined;
  };
  const hand = async () => {
    try {
      const { checkpoint, attributes, text, truncation, seed, count } = settings;
      const job = await submit({ kind: "generate", parameters: { checkpoint, attributes, truncation, seed, count, ...(text ? { text } : {}) } });
      say(t("generate.handed", { n: number(count) }));
      go("jobs", [job.id]);
    } catch (problem) {
      complain(problem);
    }
  };
  const save = async () => {
    if (selected.length === 1) keep(selected[0].blob, nameOf(selected[0]));
    else keep(await zip(selected.map((one) => ({ name: nameOf(one), blob: one.blob }))), `${settings.checkpoint}-${selected.length}.zip`);
    say(tn("generate.saved", selected.length));
  };
  const begin = () => {
    const [a, b] = selected.map((one) => ({ ...one, full: attributesOf(one) }));
    setWay({ a, b, at: 0.5, straight: false });
    scrollTo({ top: 0, behavior: "smooth" });
  };
  const add = () => {
    const { seed, number: n } = way ? way.a : place;
    const key = `${Date.now()}-kept`;
    const suffix = way ? `-to-${way.b.seed}-${String(way.b.number).padStart(5, "0")}-${Math.round(100 * way.at)}` : "";
    setPictures((old) => [{ key, checkpoint: settings.checkpoint, seed, number: n, settings, suffix, blob: live.shown.blob, url: URL.createObjectURL(live.shown.blob), report: live.shown.report }, ...old]);
    setChosen((old) => new Set([...old, key]));
  };
  const animate = async () => {
    setAnimating(true);
    try {
      const { blob } = await drawn({ ...wish, between: { ...wish.between, at: 0, steps: STEPS } });
      keep(blob, `${settings.checkpoint}-${way.a.seed}-${way.a.number}-to-${way.b.seed}-${way.b.number}.gif`);
    } catch (problem) {
      complain(problem);
    }
    setAnimating(false);
  };
  const toggle = (key) => setChosen((old) => { const next = new Set(old); if (!next.delete(key)) next.add(key); return next; });
  useShortcut("d", "generate.draw_key", draw);
  const mayWalk = selected.length === 2 && selected.every((one) => !one.suffix && one.checkpoint === settings.checkpoint);
  const title = useMemo(() => t("generate.which", { seed: place.seed, n: place.number }), [place.seed, place.number]);
  return html`
    <div class="page edit generate">
      <header class="page-head edit-head"><h1>${t("page.generate")}</h1><span class="spring"></span>
        ${selected.length > 0 && html`
          <div class="actions" role="group" aria-label=${t("generate.selection")}>
            <span class="soft number-like">${tn("generate.selected", selected.length)}</span>
            <button type="button" class="quiet" onClick=${() => setChosen(new Set())}>${t("generate.clear")}</button>
            ${selected.length === 1 && html`<button type="button" class="button" onClick=${() => toEdit(selected[0].blob, nameOf(selected[0])).catch(complain)}><${Icon} name="edit" size=${16} />${t("generate.to_edit")}</button>`}
            <button type="button" class="button" disabled=${!mayWalk} title=${mayWalk ? undefined : t("generate.walk_tip")} onClick=${begin}><${Icon} name="route" size=${16} />${t("generate.walk")}</button>
            <button type="button" class="button primary" onClick=${save}><${Icon} name="download" size=${16} />${t("download")}</button>
          </div>`}
      </header>
      <div class="workbench">
        <div class="drawn-area">
          <${Preview} live=${live} way=${way} title=${title} onWay=${(changes) => setWay((old) => ({ ...old, ...changes }))} onEnd=${() => setWay(null)} onKeep=${add} onAnimate=${animate} animating=${animating} />
          ${pictures.length === 0 ? html`<p class="drawn-none soft">${t("generate.first")}</p>` : html`
            <ul class="drawn-grid" aria-busy=${busy} aria-label=${t("generate.grid")}>
              ${pictures.map((one) => html`<${Tile} key=${one.key} picture=${one} isChosen=${chosen.has(one.key)} isLooked=${looked && looked.seed === one.seed && looked.number === one.number && !one.suffix}
                onChoose=${() => toggle(one.key)} onLook=${() => { setWay(null); setLooked({ seed: one.seed, number: one.number }); if (!one.suffix) scrollTo({ top: 0 }); }} />`)}
            </ul>`}
        </div>
        <aside class="tools" aria-label=${t("generate.settings")}>
          <div class="tools-scroll"><${Controls} models=${rows} settings=${settings} onChange=${change} /></div>
          <div class="tools-foot">
            ${busy ? html`<button type="button" class="button big" onClick=${() => { stop.current.abort(); setBusy(false); setPictures((old) => old.filter((one) => one.url)); }}><${Icon} name="stop" size=${16} />${t("generate.stop")}</button>`
              : html`<button type="button" class="button primary big" onClick=${draw}><${Icon} name="generate" size=${18} />${settings.count > MOST ? t("generate.as_job", { n: number(settings.count) }) : tn("generate.draw", settings.count)}</button>`}
          </div>
        </aside>
      </div>
    </div>`;
}

/** Every attribute of a picture, those that were drawn with it too, so that a way begins with the very picture. */
function attributesOf(picture) {
  return Object.fromEntries(Object.entries(picture.report.attributes ?? {}).filter(([name]) => name !== "between" && name !== "at"));
}
