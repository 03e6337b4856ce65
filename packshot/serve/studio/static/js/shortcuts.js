/* Keys that do something; the page of shortcuts (key ?) lists exactly those that are alive. */
import { useEffect, useRef } from "./lib.js";
import { box } from "./state.js";

export const shortcuts = box([]);
let first = "";
let timer = 0;

const typing = (node) => node?.closest?.("input:not([type=range]):not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]");

function heard(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const alive = shortcuts.get();
  const found = (first && alive.find((one) => one.keys === `${first} ${pressed}`)) || alive.find((one) => one.keys === pressed);
  clearTimeout(timer);
  first = "";
  if (found) {
    event.preventDefault();
    found.act(event);
  } else if (alive.some((one) => one.keys.startsWith(`${pressed} `))) {
    first = pressed;
    timer = setTimeout(() => { first = ""; }, 1200);
  }
}
addEventListener("keydown", heard);

/** While the component is there, `keys` ("g l": one after the other) act. `name`: key of the message that lists it. */
export function useShortcut(keys, name, act, values = undefined) {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const one = { keys, name, values, act: (event) => latest.current(event) };
    shortcuts.set((all) => [...all, one]);
    return () => shortcuts.set((all) => all.filter((other) => other !== one));
  }, [keys, name]);
}
