/* A value that components can watch. */
import { useEffect, useState } from "./lib.js";

/** A box: `get`, `set` (a value, or a function of the old one) and `watch` (returns how to stop). */
export function box(first) {
  let value = first;
  const watchers = new Set();
  return {
    get: () => value,
    set(next) {
      const found = typeof next === "function" ? next(value) : next;
      if (Object.is(found, value)) return;
      value = found;
      for (const watcher of [...watchers]) watcher(value);
    },
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}

/** The value in a box; the component is drawn again when it changes. */
export function useBox(of) {
  const [value, set] = useState(of.get());
  useEffect(() => {
    set(of.get());
    return of.watch(set);
  }, [of]);
  return value;
}

/** What a browser keeps for this person; silently nothing where storage is closed. */
export const kept = {
  get(name, otherwise = "") {
    try {
      return localStorage.getItem(`packshot.${name}`) ?? otherwise;
    } catch {
      return otherwise;
    }
  },
  set(name, value) {
    try {
      if (value === "") localStorage.removeItem(`packshot.${name}`);
      else localStorage.setItem(`packshot.${name}`, value);
    } catch { /* nothing is kept */ }
  },
};
