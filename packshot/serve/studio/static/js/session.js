/* Who is calling. On this machine alone nobody is asked; where the service wants a key, it is asked for once and kept
   by the browser as a cookie that no script can read. */
import { html, useEffect, useState } from "./lib.js";
import { t } from "./i18n.js";
import { Sign } from "./icons.js";
import { box, useBox } from "./state.js";
import { get, send } from "./api.js";
import { ProblemBox } from "./parts/toast.js";
import { Waiting } from "./parts/empty.js";

/** `state`: asking | open | closed | trouble; `me`: who calls; `leave`: forgets the key, where there is one. */
export const session = box({ state: "asking" });

async function ask() {
  try {
    const me = await get("/v1/me");
    session.set({ state: "open", me, leave: me.local ? null : leave });
  } catch (problem) {
    session.set({ state: problem.status === 401 ? "closed" : "trouble", problem });
  }
}

/** Show the page, or ask for the key first. */
export function Session({ children }) {
  const { state, problem } = useBox(session);
  useEffect(() => { if (session.get().state === "asking") ask(); }, []);
  if (state === "asking") return html`<${Waiting} />`;
  if (state === "trouble") return html`<div class="page narrow"><${ProblemBox} problem=${problem} retry=${ask} /></div>`;
  if (state === "closed") return html`<${Door} />`;
  return children;
}

function Door() {
  const [key, setKey] = useState("");
  const [problem, setProblem] = useState(null);
  const enter = async (event) => {
    event.preventDefault();
    try {
      await send("POST", "/studio/session", { json: { key: key.trim() } });
      await get("/v1/me");
      session.set({ state: "asking" });
      await ask();
    } catch (wrong) {
      setProblem(wrong);
    }
  };
  return html`
    <form class="door" onSubmit=${enter}>
      <${Sign} />
      <h1>${t("session.title")}</h1>
      <p class="help">${t("session.text")}</p>
      <label class="field-name" for="key">${t("session.key")}</label>
      <input id="key" class="text" type="password" autocomplete="current-password" value=${key} onInput=${(event) => setKey(event.target.value)} required />
      <button type="submit" class="button primary" disabled=${!key.trim()}>${t("session.enter")}</button>
      ${problem && html`<${ProblemBox} problem=${problem} />`}
    </form>`;
}

async function leave() {
  await send("DELETE", "/studio/session");
  session.set({ state: "closed" });
}
