/* How something stands: a chip with a word, a bar, a line of numbers. */
import { html } from "../lib.js";
import { duration, number, t } from "../i18n.js";
import { Icon } from "../icons.js";

const LOOKS = {
  queued: ["wait", "clock"], running: ["run", ""], paused: ["wait", "pause"], done: ["done", "check"], failed: ["failed", "cross"], cancelled: ["wait", "stop"],
  flagged: ["flagged", "warn"], held: ["failed", "stop"], ready: ["done", "check"],
};

/** A state as a chip. `wanted`: a command the worker has not obeyed yet. */
export function Chip({ state, wanted = "", words = "" }) {
  const [look, icon] = LOOKS[state] ?? ["wait", ""];
  const told = words || (wanted ? t(`state.${wanted}ing`) : t(`state.${state}`));
  return html`<span class=${`chip ${look}`}>${icon ? html`<${Icon} name=${icon} size=${14} />` : html`<span class="pulse" aria-hidden="true"></span>`}${told}</span>`;
}

/** How far something is, 0 to 1; null = under way, nobody knows how far. */
export function Bar({ share, label, parts = null }) {
  const now = share === null ? undefined : Math.round(100 * share);
  return html`
    <div class=${`progress ${share === null ? "unknown" : ""}`} role="progressbar" aria-label=${label} aria-valuenow=${now} aria-valuemin="0" aria-valuemax="100">
      ${(parts ?? [["run", share ?? 0]]).map(([look, size]) => html`<i key=${look} class=${look} style=${{ width: `${100 * size}%` }}></i>`)}
    </div>`;
}

/** How far a job is by its progress record, or null. */
export function shareOf(job) {
  const { finished, total, images, total_images: images_of } = job.progress ?? {};
  if (job.state === "done") return 1;
  if (total) return Math.min(1, (finished ?? 0) / total);
  if (images_of) return Math.min(1, (images ?? 0) / images_of);
  return job.state === "running" ? null : 0;
}

/** The parts of a bar over pictures: done, flagged, failed. */
export function partsOf(job) {
  const { total, done = 0, flagged = 0, failed = 0, skipped = 0 } = job.progress ?? {};
  return total ? [["done", (done + skipped) / total], ["flagged", flagged / total], ["failed", failed / total]] : null;
}

/** So many a second, or a minute where that is more readable. */
export const speed = (rate) => (rate >= 0.95 ? t("job.rate", { n: number(rate, rate < 10 ? 1 : 0) }) : t("job.rate_minute", { n: number(60 * rate, 60 * rate < 10 ? 1 : 0) }));

/** What a job says of itself in one line: how many, how fast, how long still. */
export function told(job) {
  const { finished, total, images, total_images: imagesOf, rate, eta } = job.progress ?? {};
  const parts = [];
  if (total) parts.push(t("job.pictures", { n: number(finished ?? 0), of: number(total) }));
  else if (imagesOf) parts.push(t("job.images", { n: number(images ?? 0), of: number(imagesOf) }));
  if (job.state === "running" && rate > 0) parts.push(speed(rate));
  if (job.state === "running" && Number.isFinite(eta) && eta !== null) parts.push(t("job.left", { time: duration(eta) }));
  return parts.join(" · ");
}
