/* Curves of a training: one small chart for each number, drawn as SVG; the last value and the range in words. */
import { html, useState } from "../lib.js";
import { number, t } from "../i18n.js";

const W = 320, H = 120, LEFT = 4, RIGHT = 4, TOP = 8, BOTTOM = 4;

const figures = (value) => {
  const size = Math.abs(value);
  return size >= 100 ? number(value) : number(value, size >= 1 ? 2 : size >= 0.01 ? 3 : 5);
};

/** points: [[x, y], …] with x rising. name: what y is. unit: what x counts. */
export function Curve({ name, points }) {
  const [near, setNear] = useState(null);
  const fine = points.filter(([, y]) => Number.isFinite(y));
  if (!fine.length) return null;
  const xs = fine.map(([x]) => x), ys = fine.map(([, y]) => y);
  const [x0, x1] = [xs[0], xs.at(-1)];
  const low = Math.min(...ys), high = Math.max(...ys);
  const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
  const [y0, y1] = [low - room, high + room];
  const px = (x) => LEFT + ((W - LEFT - RIGHT) * (x - x0)) / (x1 - x0 || 1);
  const py = (y) => TOP + ((H - TOP - BOTTOM) * (y1 - y)) / (y1 - y0);
  const line = thinned(fine).map(([x, y], index) => `${index ? "L" : "M"}${px(x).toFixed(1)} ${py(y).toFixed(1)}`).join("");
  const shown = near === null ? fine.at(-1) : fine[near];
  const move = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const x = x0 + ((x1 - x0) * ((event.clientX - box.left) * (W / box.width) - LEFT)) / (W - LEFT - RIGHT);
    let best = 0;
    for (let i = 1; i < xs.length; i += 1) if (Math.abs(xs[i] - x) < Math.abs(xs[best] - x)) best = i;
    setNear(best);
  };
  const words = t("chart.words", { name, first: figures(ys[0]), last: figures(ys.at(-1)), low: figures(low), high: figures(high), images: number(x1) });
  return html`
    <figure class="curve">
      <figcaption><span>${name}</span><b>${figures(shown[1])}</b></figcaption>
      <svg viewBox=${`0 0 ${W} ${H}`} role="img" aria-label=${words} preserveAspectRatio="none" onPointerMove=${move} onPointerLeave=${() => setNear(null)}>
        ${[0.25, 0.5, 0.75].map((at) => html`<line key=${at} class="grid" x1="0" x2=${W} y1=${H * at} y2=${H * at} />`)}
        <path class="line" d=${line} />
        ${near !== null && html`<line class="cross" x1=${px(shown[0])} x2=${px(shown[0])} y1="0" y2=${H} />`}
        ${fine.length === 1 && html`<circle class="only" cx=${W / 2} cy=${py(ys[0])} r="3" />`}
      </svg>
      <p class="curve-foot"><span>${near === null ? t("chart.range", { low: figures(low), high: figures(high) }) : ""}</span><span>${t("chart.at", { images: number(shown[0]) })}</span></p>
    </figure>`;
}

/** At most 400 points of a long curve: the first, the last, and of each stretch between the lowest and the highest. */
function thinned(points, most = 400) {
  if (points.length <= most) return points;
  const size = Math.ceil(points.length / (most / 2));
  const kept = [points[0]];
  for (let start = 1; start < points.length - 1; start += size) {
    const stretch = points.slice(start, Math.min(start + size, points.length - 1));
    const low = stretch.reduce((a, b) => (b[1] < a[1] ? b : a)), high = stretch.reduce((a, b) => (b[1] > a[1] ? b : a));
    kept.push(...(low[0] <= high[0] ? [low, high] : [high, low]));
  }
  return [...kept, points.at(-1)];
}
