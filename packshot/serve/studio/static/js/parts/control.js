/* The buttons of a job: pause, go on, stop, again; only those that make sense now. */
import { html, useState } from "../lib.js";
import { t } from "../i18n.js";
import { Icon } from "../icons.js";
import * as service from "../service.js";
import { Confirm } from "./dialog.js";
import { complain } from "./toast.js";

const BUTTONS = { queued: ["pause", "cancel"], running: ["pause", "cancel"], paused: ["resume", "cancel"], failed: ["retry"], cancelled: ["retry"], done: [] };
const DRAWN = { pause: "pause", resume: "play", cancel: "stop", retry: "retry" };

/** `onDone` is told after a command went through. */
export function Controls({ job, onDone = () => {}, small = false }) {
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const send = async (what) => {
    setBusy(true);
    try {
      await service.command(job.id, what);
      onDone();
    } catch (problem) {
      complain(problem);
    }
    setBusy(false);
  };
  return html`
    ${BUTTONS[job.state].map((what) => html`
      <button type="button" key=${what} class=${small ? "quiet round" : "button"} disabled=${busy || job.wanted === what} title=${small ? t(`job.${what}`) : undefined} aria-label=${small ? t(`job.${what}`) : undefined}
        onClick=${() => (what === "cancel" ? setAsking(true) : send(what))}><${Icon} name=${DRAWN[what]} size=${16} />${!small && t(`job.${what}`)}</button>`)}
    ${asking && html`<${Confirm} title=${t("job.cancel_title")} text=${t("job.cancel_text")} yes=${t("job.cancel")} onYes=${() => send("cancel")} onClose=${() => setAsking(false)} />`}`;
}
