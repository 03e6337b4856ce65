/* A picture to work on: zoom and pan by wheel, finger, pen and keys; before and after by a line, side by side or by turns;
   what is painted lies over it. */
import { html, useCallback, useEffect, useId, useLayoutEffect, useRef, useState } from "../lib.js";
import { number, t } from "../i18n.js";
import { Icon } from "../icons.js";
import { useShortcut } from "../shortcuts.js";
import { centred, css, fitted, held, inPicture, laidOver, matrixOf, zoomed } from "./view.js";
import { usePointers } from "./pointers.js";

const WAYS = [["line", "split"], ["side", "columns"], ["turns", "swap"], ["after", "picture"]];
const TURN = 900; // ms each is shown
const STEP = 48; // px an arrow key pans

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Size of an element that is followed, {width, height}. */
function useSize(node) {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const read = () => setSize({ width: node.current.clientWidth, height: node.current.clientHeight });
    read();
    const watcher = new ResizeObserver(read);
    watcher.observe(node.current);
    return () => watcher.disconnect();
  }, []);
  return size;
}

/** The view, fitted anew until somebody zooms, and again when the picture's size changes. */
function useView(size, window) {
  const [own, setOwn] = useState(null);
  const key = `${size.width}x${size.height}`;
  const chosen = own?.key === key ? own.view : null;
  const edge = window.width < 500 ? 10 : 24;
  const view = chosen ? held(chosen, size, window) : fitted(size, window, edge);
  const latest = useRef(view);
  latest.current = view;
  const change = useCallback((make) => setOwn({ key, view: held(make(latest.current), size, window) }), [key, window.width, window.height]);
  return { view, latest, change, fit: () => setOwn(null), isFitted: !chosen };
}

/** Shows the two by turns; held still by hand where the system asks for less motion. */
function useTurns(on) {
  const [before, setBefore] = useState(false);
  useEffect(() => {
    setBefore(false);
    if (!on || still()) return undefined;
    const timer = setInterval(() => setBefore((old) => !old), TURN);
    return () => clearInterval(timer);
  }, [on]);
  return [before, setBefore];
}

const Picture = ({ address, size, style, pixels, alt }) => html`
  <img class=${`stage-picture ${pixels ? "pixels" : ""}`} src=${address} alt=${alt} draggable=${false} style=${{ width: `${size.width}px`, height: `${size.height}px`, ...style }} />`;

/** The line between before and after: dragged, or moved with the arrow keys. */
function Line({ at, onMove, name }) {
  const drag = (event) => {
    event.stopPropagation();
    const line = event.currentTarget;
    const place = line.parentElement.getBoundingClientRect();
    line.setPointerCapture(event.pointerId);
    line.onpointermove = (moved) => onMove(Math.min(100, Math.max(0, (100 * (moved.clientX - place.left)) / place.width)));
    line.onpointerup = line.onpointercancel = () => { line.onpointermove = null; };
  };
  const press = (event) => {
    const by = { ArrowLeft: -2, ArrowRight: 2, PageUp: 10, PageDown: -10, Home: -100, End: 100 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onMove(Math.min(100, Math.max(0, at + by)));
  };
  return html`
    <span class="stage-line" style=${{ left: `${at}%` }} role="slider" tabindex="0" aria-label=${t("stage.line", { name })} aria-valuemin="0" aria-valuemax="100"
      aria-valuenow=${Math.round(at)} aria-valuetext=${t("stage.value", { before: number(at), after: number(100 - at) })} onPointerDown=${drag} onKeyDown=${press}><i aria-hidden="true"></i></span>`;
}

const Ways = ({ way, onWay, id }) => html`
  <div class="segments small stage-ways" role="radiogroup" aria-label=${t("stage.way")}>
    ${WAYS.map(([name, icon]) => html`
      <label class="segment" key=${name} title=${t(`stage.${name}`)}><input type="radio" name=${id} value=${name} checked=${name === way} aria-label=${t(`stage.${name}`)} onChange=${() => onWay(name)} /><span><${Icon} name=${icon} size=${16} /></span></label>`)}
  </div>`;

function Zoom({ view, isFitted, onScale, onFit }) {
  const percent = view.scale * devicePixelRatio * 100;
  return html`
    <div class="stage-zoom">
      <button type="button" class="quiet round" aria-label=${t("stage.out")} title=${t("stage.out")} onClick=${() => onScale(1 / 1.25)}><${Icon} name="minus" size=${16} /></button>
      <button type="button" class="quiet stage-percent" aria-label=${t("stage.full", { now: number(percent) })} title=${t("stage.full_tip")} onClick=${() => onScale(0)}>${number(percent, percent < 10 ? 1 : 0)} %</button>
      <button type="button" class="quiet round" aria-label=${t("stage.in")} title=${t("stage.in")} onClick=${() => onScale(1.25)}><${Icon} name="plus" size=${16} /></button>
      <button type="button" class=${`quiet round ${isFitted ? "on" : ""}`} aria-label=${t("stage.fit")} title=${t("stage.fit")} onClick=${onFit}><${Icon} name="fit" size=${16} /></button>
    </div>`;
}

/**
 * after, before: {url, width, height}; before may be null, `before.toSource` lays it onto the result. name: what is seen.
 * busy: the next picture is being computed; the present one stays. tool: what the pointer does, {down, move, up, leave},
 * each told {x, y} in picture px and the event; without one it pans. children(view): drawn over the picture. way: how the
 * two are compared when it opens.
 */
export function Stage({ after, before = null, name, busy = false, tool = null, children = null, note = null, keys = true }) {
  const node = useRef(null);
  const id = useId();
  const window = useSize(node);
  const [way, setWay] = useState("line");
  const [at, setAt] = useState(50);
  const two = Boolean(before) && !tool;
  const shown = two ? way : "after";
  const side = shown === "side";
  const tall = window.height > window.width * 1.2;
  const pane = side ? { width: tall ? window.width : window.width / 2, height: tall ? window.height / 2 : window.height } : window;
  const { view, latest, change, fit, isFitted } = useView(after, pane);
  const [turned, setTurned] = useTurns(shown === "turns");
  const middle = () => ({ x: pane.width / 2, y: pane.height / 2 });
  const scale = (times, point = middle()) => change((old) => (times ? zoomed(old, times, point) : zoomed(old, 1 / devicePixelRatio / old.scale, point)));
  const point = (event) => {
    const place = node.current.getBoundingClientRect();
    const x = event.clientX - place.left;
    const y = event.clientY - place.top;
    return { x: side && !tall ? x % pane.width : x, y: side && tall ? y % pane.height : y };
  };
  const handlers = usePointers({ node, point, latest, change, scale, tool });
  const press = (event) => {
    if (event.target !== node.current || event.ctrlKey || event.metaKey || event.altKey) return;
    const pan = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (tool?.press?.(event)) return event.preventDefault();
    if (!pan) return undefined;
    event.preventDefault();
    return change((old) => ({ ...old, left: old.left + STEP * pan[0], top: old.top + STEP * pan[1] }));
  };
  const pixels = view.scale * devicePixelRatio >= 3;
  const beforeStyle = before && { transform: laidOver(view, before.toSource) };
  const showsBefore = two && (shown === "line" || shown === "side" || (shown === "turns" && turned));
  return html`
    <div class=${`stage-frame ${tool ? "has-tool" : ""}`} aria-busy=${busy}>
      <div class=${`stage ${side ? (tall ? "rows" : "columns") : ""}`} ref=${node} tabindex="0" role="group" aria-label=${t("stage.label", { name })} aria-describedby=${`${id}-help`} onKeyDown=${press} ...${handlers}>
        ${window.width > 0 && html`
          <div class="stage-pane after">
            <span class="stage-sheet" style=${{ left: `${view.left}px`, top: `${view.top}px`, width: `${after.width * view.scale}px`, height: `${after.height * view.scale}px` }}></span>
            <${Picture} address=${after.url} size=${after} style=${{ transform: css(matrixOf(view)) }} pixels=${pixels} alt=${t("stage.after_of", { name })} />
            ${children?.(view, pixels)}
          </div>
          ${showsBefore && html`
            <div class="stage-pane before" style=${shown === "line" ? { clipPath: `inset(0 ${100 - at}% 0 0)` } : undefined}>
              <${Picture} address=${before.url} size=${before} style=${beforeStyle} pixels=${pixels} alt=${t("stage.before_of", { name })} />
            </div>`}
          ${shown === "line" && html`<${Line} at=${at} onMove=${setAt} name=${name} />`}
          ${two && shown !== "after" && html`
            <span class=${`tag left ${(shown === "line" && at < 12) || (shown === "turns" && !turned) ? "gone" : ""}`} aria-hidden="true">${t("before")}</span>
            <span class=${`tag right ${(shown === "line" && at > 88) || (shown === "turns" && turned) ? "gone" : ""}`} aria-hidden="true">${t("after")}</span>`}`}
        <span class=${`stage-busy ${busy ? "on" : ""}`} aria-hidden="true"></span>
        ${note && html`<span class="stage-note">${note}</span>`}
      </div>
      <p class="unseen" id=${`${id}-help`}>${t("stage.help")}</p>
      <div class="stage-tools">
        ${before && !tool && html`<${Ways} way=${way} onWay=${setWay} id=${`${id}-way`} />`}
        ${shown === "turns" && still() && html`<button type="button" class="button small" onClick=${() => setTurned((old) => !old)}>${t("stage.turn")}</button>`}
        <${Zoom} view=${view} isFitted=${isFitted} onScale=${scale} onFit=${fit} />
      </div>
      ${keys && html`<${Keys} onScale=${scale} onFit=${fit} onWay=${before && !tool ? setWay : null} />`}
    </div>`;
}

/** The keys of a stage, while there is one; ? lists them. */
function Keys({ onScale, onFit, onWay }) {
  useShortcut("+", "stage.in", () => onScale(1.25));
  useShortcut("-", "stage.out", () => onScale(1 / 1.25));
  useShortcut("0", "stage.fit", onFit);
  useShortcut("1", "stage.full_tip", () => onScale(0));
  useShortcut("v", "stage.next_way", () => onWay?.((old) => WAYS[(WAYS.findIndex(([name]) => name === old) + 1) % WAYS.length][0]));
  return null;
}

export { centred, inPicture };
