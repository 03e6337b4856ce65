/* Pointers over a stage: one that works with the tool or pans, two fingers that zoom, a wheel. A pen that was seen
   paints, and from then on a single finger pans (the palm of the hand that holds the pen is a finger too). */
import { useEffect, useRef } from "../lib.js";
import { inPicture, zoomed } from "./view.js";

const spread = ([a, b]) => Math.hypot(a.x - b.x, a.y - b.y);
const between = ([a, b]) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

/** Handlers for the element `node`; see Stage. */
export function usePointers({ node, point, latest, change, scale, tool }) {
  const now = useRef({ down: new Map(), mode: "", pen: false, space: false });
  const current = useRef({});
  current.current = { point, scale, tool };
  useEffect(() => {
    const wheel = (event) => { // not passive: the page must not scroll along
      event.preventDefault();
      const by = event.deltaMode ? 20 : 1;
      current.current.scale(Math.exp(-event.deltaY * by * (event.ctrlKey ? 0.01 : 0.0018)), current.current.point(event));
    };
    const space = (event) => { if (event.code === "Space") now.current.space = event.type === "keydown"; };
    const element = node.current;
    element.addEventListener("wheel", wheel, { passive: false });
    addEventListener("keydown", space);
    addEventListener("keyup", space);
    return () => {
      element.removeEventListener("wheel", wheel);
      removeEventListener("keydown", space);
      removeEventListener("keyup", space);
    };
  }, []);
  const told = (name, event) => {
    const at = point(event);
    tool?.[name]?.(inPicture(latest.current, at), event, { scale: latest.current.scale, at });
  };
  const paints = (event) => tool && event.button === 0 && !now.current.space && !(event.pointerType === "touch" && now.current.pen);
  const onPointerDown = (event) => {
    if (event.button > 1) return;
    const state = now.current;
    if (event.pointerType === "pen") state.pen = true;
    node.current.setPointerCapture(event.pointerId);
    state.down.set(event.pointerId, point(event));
    if (state.down.size === 2) {
      if (state.mode === "tool") tool?.cancel?.();
      state.mode = "pinch";
    } else if (state.down.size === 1) {
      state.mode = paints(event) ? "tool" : "pan";
      if (state.mode === "tool") told("down", event);
    }
    if (event.button === 1) event.preventDefault();
  };
  const onPointerMove = (event) => {
    const state = now.current;
    const before = state.down.get(event.pointerId);
    if (!before) return told("hover", event);
    const at = point(event);
    if (state.mode === "tool") told("move", event);
    if (state.mode === "pan") change((old) => ({ ...old, left: old.left + at.x - before.x, top: old.top + at.y - before.y }));
    if (state.mode === "pinch" && state.down.size === 2) {
      const old = [...state.down.values()];
      state.down.set(event.pointerId, at);
      const fresh = [...state.down.values()];
      const [from, to] = [between(old), between(fresh)];
      change((view) => zoomed({ ...view, left: view.left + to.x - from.x, top: view.top + to.y - from.y }, spread(fresh) / Math.max(1, spread(old)), to));
    }
    state.down.set(event.pointerId, at);
    return undefined;
  };
  const onPointerUp = (event) => {
    const state = now.current;
    if (!state.down.delete(event.pointerId)) return;
    if (state.mode === "tool") told(event.type === "pointercancel" ? "cancel" : "up", event);
    state.mode = state.down.size === 1 && state.mode === "pinch" ? "pan" : state.down.size ? state.mode : "";
  };
  return { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: onPointerUp, onPointerLeave: (event) => tool?.leave?.(event) };
}
