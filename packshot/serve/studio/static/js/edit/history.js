/* What was done to a photo, as a list of steps that can be changed, taken back and brought back. Everything is frozen:
   a change gives a new list, and undo goes back to the one before.

   step: {id, operation, values (what differs from the defaults), paints {parameter: painting}, mask (a painting), on}. */
import { useCallback, useMemo, useReducer } from "../lib.js";

const MOST = 200;
const TOGETHER = 900; // ms within which changes of the same parameter are one step back
let count = 0;

export const EMPTY = { past: [], steps: [], future: [], chosen: null, last: { key: "", at: 0 } };

/** A step with a name of its own. */
export const fresh = (operation, values = {}) => ({ id: `step-${++count}`, operation, values, paints: {}, mask: null, on: true });

const remembered = (state, steps, key = "") => {
  const now = Date.now();
  const joins = key && state.last.key === key && now - state.last.at < TOGETHER;
  return { ...state, steps, past: joins ? state.past : [...state.past.slice(1 - MOST), state.steps], future: [], last: { key, at: now } };
};

const replaced = (state, id, change) => state.steps.map((step) => (step.id === id ? { ...step, ...change(step) } : step));

const ACTS = {
  clear: () => EMPTY,
  start: (_, { steps }) => ({ ...EMPTY, steps, chosen: steps.at(-1)?.id ?? null }),
  choose: (state, { id }) => ({ ...state, chosen: state.chosen === id ? null : id }),
  add: (state, { steps }) => ({ ...remembered(state, [...state.steps, ...steps]), chosen: steps.at(-1).id }),
  values: (state, { id, values }) => {
    const old = state.steps.find((step) => step.id === id).values;
    const names = Object.keys({ ...old, ...values }).filter((name) => old[name] !== values[name]);
    return remembered(state, replaced(state, id, () => ({ values })), `${id}.${names.join()}`);
  },
  painted: (state, { id, parameter, layer }) => remembered(state, replaced(state, id, (step) => (
    parameter === "" ? { mask: layer } : { paints: { ...step.paints, [parameter]: layer } }))),
  toggle: (state, { id }) => remembered(state, replaced(state, id, (step) => ({ on: !step.on }))),
  remove: (state, { id }) => ({ ...remembered(state, state.steps.filter((step) => step.id !== id)), chosen: state.chosen === id ? null : state.chosen }),
  move: (state, { id, by }) => {
    const from = state.steps.findIndex((step) => step.id === id);
    const to = Math.min(state.steps.length - 1, Math.max(0, from + by));
    if (from === to) return state;
    const steps = [...state.steps];
    steps.splice(to, 0, ...steps.splice(from, 1));
    return remembered(state, steps);
  },
  undo: (state) => (state.past.length ? turned(state, state.past.at(-1), state.past.slice(0, -1), [state.steps, ...state.future]) : state),
  redo: (state) => (state.future.length ? turned(state, state.future[0], [...state.past, state.steps], state.future.slice(1)) : state),
};

const turned = (state, steps, past, future) => ({
  ...state, steps, past, future, last: EMPTY.last, chosen: steps.some((step) => step.id === state.chosen) ? state.chosen : null,
});

export const reduce = (state, act) => ACTS[act.do](state, act);

/** The history of one photo: its state, and how to act on it. */
export function useHistory() {
  const [state, act] = useReducer(reduce, EMPTY);
  const acts = useMemo(() => Object.fromEntries(Object.keys(ACTS).map((name) => [name, (more) => act({ do: name, ...more })])), []);
  return { ...state, acts, canUndo: state.past.length > 0, canRedo: state.future.length > 0, at: useCallback((id) => state.steps.findIndex((step) => step.id === id), [state.steps]) };
}

/** The steps to add for an operation: where it must know the product and nothing has found it yet, the cut-out first. */
export function wanted(name, steps, operations) {
  const of = (operation) => operations.find((one) => one.name === operation) ?? {};
  const known = steps.some((step) => step.on && of(step.operation).finds_product);
  const first = of(name).needs_matte && !known ? [fresh("cutout")] : [];
  return [...first, fresh(name)];
}
