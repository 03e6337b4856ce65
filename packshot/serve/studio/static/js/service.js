/* What the pages ask the service for, each answer in one shape; the addresses stand here and nowhere else. */
import { useEffect, useRef, useState } from "./lib.js";
import { follow, freshKey, get, patiently, post, send } from "./api.js";

const remembered = new Map();

/** An answer that does not change while the studio is open; a failure is asked again next time. */
function once(path) {
  if (!remembered.has(path)) {
    const asked = get(path);
    remembered.set(path, asked);
    asked.catch(() => remembered.delete(path));
  }
  return remembered.get(path);
}

/** Forget a remembered answer, after something changed it. */
export const forget = (path) => remembered.delete(path);

const rows = (answer, name) => (Array.isArray(answer) ? answer : answer[name]);

export const operations = async () => rows(await once("/v1/operations"), "operations");
export const channels = async () => rows(await once("/v1/channels"), "channels");
export const pipelines = async () => rows(await once("/v1/pipelines"), "pipelines");
export const presets = async () => rows(await once("/v1/presets"), "presets");
export const models = async () => rows(await once("/v1/models"), "models");
export const kinds = async () => rows(await once("/v1/jobs/kinds"), "kinds");

/** Jobs, the newest first. */
export async function jobs({ state = "", kind = "", before = "", limit = 50 } = {}) {
  const query = new URLSearchParams(Object.entries({ kind, before, limit }).filter(([, value]) => value !== ""));
  for (const one of state.split(",").filter(Boolean)) query.append("state", one);
  return rows(await get(`/v1/jobs?${query}`), "jobs");
}

export const job = (id) => get(`/v1/jobs/${id}`);

/** Hand in a job; sent twice by a shaky line, it is made once. */
export function submit(request) {
  const key = freshKey();
  return patiently(() => post("/v1/jobs", request, { headers: { "Idempotency-Key": key } }));
}

/** pause, resume, cancel or retry. */
export const command = (id, what) => post(`/v1/jobs/${id}/${what}`);

/** All results of a job, as many requests as it takes. */
export async function results(id) {
  const found = [];
  for (let after = ""; ;) {
    const part = rows(await get(`/v1/jobs/${id}/results?limit=1000${after && `&after=${encodeURIComponent(after)}`}`), "results");
    found.push(...part);
    if (part.length < 1000) return found;
    after = part.at(-1).name;
  }
}

const within = (name) => name.split("/").map(encodeURIComponent).join("/");

/** Where a result is downloaded from. */
export const resultAddress = (id, name) => `/v1/jobs/${id}/results/${within(name)}`;
export const zipAddress = (id) => `/v1/jobs/${id}/zip`;
export const fileAddress = (id) => `/v1/files/${id}/content`;

/** A result small enough for a grid: `px` is its longest side; `of` "before" gives the photo it was made from. */
export const previewAddress = (id, name, px = 640, of = "after") => `/v1/jobs/${id}/previews/${within(name)}?px=${px}&of=${of}`;

const EVENTS = ["queued", "started", "progress", "result", "sample", "note", "channels", "pausing", "paused", "resumed", "cancelling", "lost", "stopped", "done", "failed", "cancelled"];
export const FINISHED = ["done", "failed", "cancelled"];

/** A job that is kept up to date by its events. Gives {job, problem, again}; `told(event)` hears each of them. */
export function useJob(id, told = () => {}) {
  const [state, setState] = useState({ job: null, problem: null });
  const [round, setRound] = useState(0);
  const latest = useRef(told);
  latest.current = told;
  useEffect(() => {
    let alive = true;
    let stop = () => {};
    let timer = 0;
    const look = async () => {
      try {
        const found = await job(id);
        if (alive) setState({ job: found, problem: null });
        return found;
      } catch (problem) {
        if (alive) setState((old) => ({ ...old, problem }));
        return null;
      }
    };
    const soon = (wait) => { // many events, one look
      if (timer) return;
      timer = setTimeout(() => { timer = 0; if (alive) look(); }, wait);
    };
    look().then((found) => {
      if (!found || !alive) return;
      stop = follow(`/v1/jobs/${id}/events`, EVENTS, (event) => {
        latest.current(event);
        if (Number(event.id) <= found.last_event && !FINISHED.includes(event.kind)) return; // told by the job itself
        if (event.kind === "progress") setState((old) => (old.job ? { ...old, job: { ...old.job, progress: event.data } } : old));
        else if (FINISHED.includes(event.kind)) look().then((now) => now && FINISHED.includes(now.state) && Number(event.id) >= now.last_event && stop());
        else if (event.kind !== "sample" && event.kind !== "note") soon(event.kind === "result" ? 400 : 40);
      });
    });
    return () => { alive = false; clearTimeout(timer); stop(); };
  }, [id, round]);
  return { ...state, again: () => setRound((n) => n + 1) };
}

/** Something asked for when the component appears: {data, problem, again}. */
export function useAsked(ask, needs = []) {
  const [state, setState] = useState({ data: null, problem: null });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let alive = true;
    ask().then((data) => alive && setState({ data, problem: null }), (problem) => alive && setState((old) => ({ ...old, problem })));
    return () => { alive = false; };
  }, [...needs, round]);
  return { ...state, again: () => setRound((n) => n + 1) };
}

/** Ask again every so many seconds while the window is seen and `wanted` is true. */
export function useRepeated(again, seconds, wanted = true) {
  const latest = useRef(again);
  latest.current = again;
  useEffect(() => {
    if (!wanted) return undefined;
    const timer = setInterval(() => document.visibilityState === "visible" && latest.current(), 1000 * seconds);
    return () => clearInterval(timer);
  }, [seconds, wanted]);
}

/** Remove an upload. */
export const removeFile = (id) => send("DELETE", `/v1/files/${id}`);
