/* New pictures from the service, one a request, so that they appear as they come; outdated requests are given up. */
import { useEffect, useRef, useState } from "../lib.js";
import { patiently, send } from "../api.js";
import { decoded, reportOf } from "../edit/results.js";

export const AT_ONCE = 3;
const PAUSE = 25; // ms of rest before a moved slider is asked for

/** What is asked of POST /v1/generate for a picture {seed, number, attributes} with settings {checkpoint, text, truncation}. */
export const asking = (settings, picture, between = null) => ({
  checkpoint: settings.checkpoint, truncation: settings.truncation, ...(settings.text ? { text: settings.text } : {}), ...picture, ...(between ? { between } : {}),
});

/** Have it drawn: {blob, url, report, ms}. */
export async function drawn(asked, signal) {
  const began = performance.now();
  const answer = await patiently(() => send("POST", "/v1/generate", { json: asked, signal }), signal);
  const report = reportOf(answer);
  const blob = await answer.blob();
  return { blob, url: URL.createObjectURL(blob), report, ms: performance.now() - began };
}

/** Have many drawn, a few at once; `told(index, result or {problem})` hears each. Stops at the first problem. */
export async function drawnAll(list, told, signal) {
  let next = 0;
  let broken = false;
  async function work() {
    while (next < list.length && !signal.aborted && !broken) {
      const index = next++;
      try {
        const result = await drawn(list[index], signal);
        if (!signal.aborted) told(index, result);
      } catch (problem) {
        if (problem.name === "AbortError") return;
        broken = true;
        told(index, { problem });
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, list.length) }, work));
}

/** One picture that follows what is asked: {shown, busy, problem}. One request at a time; the latest wish is next. */
export function useLive(asked) {
  const [state, setState] = useState({ shown: null, busy: false, problem: null });
  const key = asked ? JSON.stringify(asked) : "";
  const line = useRef({ running: false, wish: "" });
  const alive = useRef(true);
  useEffect(() => { alive.current = true; return () => { alive.current = false; }; }, []);
  useEffect(() => {
    const now = line.current;
    now.wish = key;
    if (!key) {
      setState({ shown: null, busy: false, problem: null });
      return undefined;
    }
    const work = async () => {
      if (now.running) return; // the one under way is short: let it come, it is shown, then the latest is asked for
      now.running = true;
      while (now.wish && alive.current) {
        const mine = now.wish;
        setState((old) => ({ ...old, busy: true }));
        try {
          const result = await drawn(JSON.parse(mine));
          await decoded(result.url);
          if (alive.current) setState((old) => { if (old.shown) setTimeout(() => URL.revokeObjectURL(old.shown.url), 1000); return { shown: result, busy: now.wish !== mine, problem: null }; });
        } catch (problem) {
          if (alive.current) setState((old) => ({ ...old, busy: false, problem }));
        }
        if (now.wish === mine) now.wish = "";
      }
      now.running = false;
    };
    const timer = setTimeout(work, PAUSE);
    return () => clearTimeout(timer);
  }, [key]);
  return state;
}
