/* The service's HTTP interface, and nothing beside it: what the studio can do, any caller can.
   Errors are problem+json (RFC 9457) and come as a Problem with field, expected, got and mend. */

/** What went wrong, in the service's own words. `status` 0 = the service did not answer. */
export class Problem extends Error {
  constructor(told, status) {
    super(told.detail || told.title || `HTTP ${status}`);
    Object.assign(this, { title: "", detail: "", field: "", expected: "", got: "", mend: "", errors: [] }, told, { status });
    this.wait = Number(told.wait ?? 0);
  }
}

async function problemOf(answer) {
  let told = {};
  try {
    const type = answer.headers.get("content-type") ?? "";
    told = type.includes("json") ? await answer.json() : { detail: (await answer.text()).slice(0, 300) };
  } catch { /* the answer broke off: its status says what there is to say */ }
  const wait = answer.headers.get("retry-after");
  const request = answer.headers.get("x-request-id") ?? "";
  return new Problem({ request, ...told, ...(wait ? { wait } : {}) }, answer.status);
}

/** One request. `json` or `body`; gives the answer itself. Raises Problem. */
export async function send(method, path, { json, body, headers = {}, signal } = {}) {
  const given = json === undefined ? { body } : { body: JSON.stringify(json) };
  const typed = json === undefined ? headers : { "Content-Type": "application/json", ...headers };
  let answer;
  try {
    answer = await fetch(path, { method, headers: typed, signal, credentials: "same-origin", ...given });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ unreachable: true }, 0);
  }
  if (!answer.ok) throw await problemOf(answer);
  return answer;
}

/** GET a JSON answer. */
export const get = async (path, options) => (await send("GET", path, options)).json();

/** POST JSON and read the JSON answer. */
export const post = async (path, json = {}, options = {}) => (await send("POST", path, { json, ...options })).json();

/** Upload one file. `told(share)` hears how much has gone. Gives the service's description of the file. */
export function upload(file, told = () => {}, signal = undefined) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/v1/files");
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && told(event.loaded / event.total);
    request.onload = () => {
      if (request.status < 300) return done(request.response);
      return failed(new Problem({ ...(request.response ?? {}), wait: request.getResponseHeader("Retry-After") }, request.status));
    };
    request.onerror = () => failed(new Problem({ unreachable: true }, 0));
    request.onabort = () => failed(new DOMException("", "AbortError"));
    signal?.addEventListener("abort", () => request.abort());
    const form = new FormData();
    form.append("file", file, file.name);
    if (file.packshotName) form.append("name", file.packshotName); // its path in the folder it came from
    request.send(form);
  });
}

/** Upload many files, a few at once. told(share): of all of them together. Gives one {file} or {problem} for each, in order. */
export async function uploadAll(files, told = () => {}, signal = undefined, atOnce = 3) {
  const results = Array.from({ length: files.length });
  const shares = results.map(() => 0);
  const tell = (index, share) => {
    shares[index] = share;
    told(shares.reduce((a, b) => a + b, 0) / shares.length);
  };
  let next = 0;
  async function work() {
    while (next < files.length && !signal?.aborted) {
      const index = next++;
      try {
        results[index] = { file: await patiently(() => upload(files[index], (share) => tell(index, share), signal), signal) };
      } catch (problem) {
        if (problem.name === "AbortError") throw problem;
        results[index] = { problem };
      }
      tell(index, 1);
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, files.length) }, work));
  return results;
}

/** Do it; where the service is busy (429, 503) wait as long as it says and try again, eight times at most. */
export async function patiently(work, signal = undefined) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (problem) {
      const busy = problem.status === 429 || problem.status === 503;
      if (!busy || tries >= 8 || signal?.aborted) throw problem;
      await new Promise((done) => setTimeout(done, 1000 * Math.min(30, Math.max(problem.wait || 1, 0.2))));
    }
  }
}

/** Follow a stream of events; the browser reconnects and goes on after the last event. Gives how to stop. */
export function follow(path, names, told) {
  const source = new EventSource(path);
  const hear = (event) => {
    try {
      const { at, ...data } = JSON.parse(event.data);
      told({ kind: event.type, id: event.lastEventId, at, data });
    } catch { /* a line that is no JSON tells nothing */ }
  };
  for (const name of names) source.addEventListener(name, hear);
  return () => source.close();
}

/** A key that makes a request safe to repeat. */
export const freshKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");
