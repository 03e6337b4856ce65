/* Painting on a stage: what the brush, the eraser, the box and the bucket do to a layer, by mouse, finger, pen or keys. */
import { html, useEffect, useMemo, useRef } from "../lib.js";
import { box, useBox } from "../state.js";
import { css, matrixOf } from "../stage/view.js";

export const COLOURS = { mask: [[222, 0, 132]], scribble: [[28, 100, 242], [222, 84, 0]] };
const LEAST = 1;
const MOST = 600;
const PRESSED = 0.35; // share of its size that a pen's lightest touch has

/** Tools of a layer: their values. Scribbles know two things to say, masks one. */
export const TOOLS = {
  mask: { brush: 255, eraser: 0, box: 255, fill: 255 },
  scribble: { keep: 255, away: 0, eraser: 128 },
};

/** A painting in hand: its layer, how the brush is, where it is. `share`: of the layer's size to the picture's.
    tools: name → value; colours, strength: how it is shown; radius: of the brush at first, picture px. */
export function painting(raster, kind, share, { tools = TOOLS[kind], colours = COLOURS[kind], strength = 0.55, radius = 0 } = {}) {
  const first = Object.keys(tools)[0];
  const size = radius || Math.max(4, Math.round(Math.min(raster.width, raster.height) / share / 24));
  return { raster, kind, share, tools, colours, strength, brush: box({ tool: first, radius: size, softness: kind === "mask" ? 0.2 : 0 }), at: box(null), version: box(0), pen: box(false) };
}

/** Whatever was changed is to be shown. */
const tell = (painted) => painted.version.set((n) => n + 1);

/** A change of the whole layer that one undo takes back. */
export function change(painted, act) {
  painted.raster.begin();
  act(painted.raster);
  painted.raster.end();
  tell(painted);
}

export function undo(painted, again = false) {
  if (again ? painted.raster.redo() : painted.raster.undo()) tell(painted);
}

/** Larger or smaller, in round numbers. */
export function resize(painted, by) {
  painted.brush.set((old) => ({ ...old, radius: Math.min(MOST, Math.max(LEAST, Math.round(old.radius * by + Math.sign(by - 1)))) }));
}

/** What the pointer does: the `tool` of a Stage. */
export function toolOf(painted) {
  const { raster, share } = painted;
  const stroke = { last: null, rest: 0, from: null };
  const mine = ({ x, y }) => ({ x: x * share, y: y * share });
  const reach = (event) => {
    const pressure = event?.pointerType === "pen" ? PRESSED + (1 - PRESSED) * event.pressure : 1;
    return Math.max(0.5, painted.brush.get().radius * share * pressure);
  };
  const value = () => painted.brush.get().value ?? painted.tools[painted.brush.get().tool];
  const begin = (point, event) => {
    const { tool, softness } = painted.brush.get();
    const at = mine(point);
    raster.begin();
    stroke.from = tool === "box" ? at : null;
    if (tool === "fill") {
      raster.fill(at.x, at.y, value());
      raster.end();
      tell(painted);
      stroke.last = null;
      return;
    }
    stroke.last = at;
    stroke.rest = 0;
    if (tool !== "box") raster.dab(at.x, at.y, reach(event), softness, value());
  };
  const move = (point, event) => {
    painted.at.set({ ...point, from: stroke.from && { x: stroke.from.x / share, y: stroke.from.y / share } });
    if (!stroke.last || stroke.from) return;
    const at = mine(point);
    stroke.rest = raster.line(stroke.last, at, reach(event), painted.brush.get().softness, value(), stroke.rest);
    stroke.last = at;
  };
  const end = (point) => {
    if (stroke.from) raster.box(stroke.from, mine(point), value());
    if (stroke.last || stroke.from) raster.end();
    stroke.last = stroke.from = null;
    painted.at.set(point);
    tell(painted);
  };
  return {
    down: (point, event) => { painted.at.set(point); begin(point, event); },
    move,
    hover: (point) => painted.at.set(point),
    up: end,
    cancel: () => { raster.cancel(); stroke.last = stroke.from = null; tell(painted); },
    leave: () => painted.pen.get() || painted.at.set(null),
    press: (event) => pressed(painted, event, { begin, move, end }),
  };
}

/** Painting by keys: arrows move the brush, Enter puts it down and lifts it, the space bar dabs. */
function pressed(painted, event, { begin, move, end }) {
  const { raster, share } = painted;
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const size = { width: raster.width / share, height: raster.height / share };
  const at = painted.at.get() ?? { x: size.width / 2, y: size.height / 2 };
  if (way) {
    const step = Math.max(1, Math.round(Math.max(size.width, size.height) / (event.shiftKey ? 25 : 150)));
    const next = { x: Math.min(size.width, Math.max(0, at.x + way[0] * step)), y: Math.min(size.height, Math.max(0, at.y + way[1] * step)) };
    move(next);
    return true;
  }
  if (event.key === "Enter") {
    if (painted.pen.get()) end(at);
    else begin(at);
    painted.pen.set((down) => !down && painted.brush.get().tool !== "fill");
    painted.at.set({ ...at });
    return true;
  }
  if (event.key === " ") {
    begin(at);
    if (painted.brush.get().tool !== "fill") end(at);
    return true;
  }
  if (event.key === "Escape" && painted.pen.get()) {
    end(at);
    painted.pen.set(false);
    return true;
  }
  return false;
}

/** The layer over the picture, and the ring that shows the brush. */
export function Layer({ painted, view }) {
  const node = useRef(null);
  const { raster, share, colours, strength } = painted;
  useEffect(() => {
    const context = node.current.getContext("2d");
    const [colour, other] = colours;
    const waiting = { area: null, frame: 0 };
    const draw = () => {
      const area = waiting.area;
      waiting.area = null;
      waiting.frame = 0;
      if (area && area.right > area.left && area.bottom > area.top) context.putImageData(raster.coloured(area, colour, other, strength), area.left, area.top);
    };
    raster.told = (area) => {
      const w = waiting.area;
      waiting.area = w ? { left: Math.min(w.left, area.left), top: Math.min(w.top, area.top), right: Math.max(w.right, area.right), bottom: Math.max(w.bottom, area.bottom) } : { ...area };
      waiting.frame ||= requestAnimationFrame(draw);
    };
    raster.told({ left: 0, top: 0, right: raster.width, bottom: raster.height });
    return () => { cancelAnimationFrame(waiting.frame); raster.told = () => {}; };
  }, [raster]);
  const scaled = useMemo(() => css(matrixOf({ ...view, scale: view.scale / share })), [view.scale, view.left, view.top, share]);
  return html`
    <canvas ref=${node} class="paint-layer" width=${raster.width} height=${raster.height} style=${{ transform: scaled }} aria-hidden="true"></canvas>
    <${Ring} painted=${painted} view=${view} />`;
}

function Ring({ painted, view }) {
  const at = useBox(painted.at);
  const { tool, radius } = useBox(painted.brush);
  const down = useBox(painted.pen);
  if (!at) return null;
  const place = ({ x, y }) => ({ x: x * view.scale + view.left, y: y * view.scale + view.top });
  const here = place(at);
  if (tool === "box" || tool === "fill") {
    const from = at.from ? place(at.from) : here;
    const style = { left: `${Math.min(from.x, here.x)}px`, top: `${Math.min(from.y, here.y)}px`, width: `${Math.abs(from.x - here.x)}px`, height: `${Math.abs(from.y - here.y)}px` };
    return html`<span class=${at.from ? "paint-box" : "paint-cross"} style=${style} aria-hidden="true"></span>`;
  }
  const width = Math.max(3, 2 * radius * view.scale);
  return html`<span class=${`paint-ring ${down ? "down" : ""}`} style=${{ left: `${here.x - width / 2}px`, top: `${here.y - width / 2}px`, width: `${width}px`, height: `${width}px` }} aria-hidden="true"></span>`;
}
