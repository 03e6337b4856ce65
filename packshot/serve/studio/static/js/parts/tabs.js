/* A row of filters with counts; one is chosen. */
import { html, useId } from "../lib.js";
import { number } from "../i18n.js";

/** rows: [{value, name, count, look}]; `label` names the group. */
export function Tabs({ rows, value, onChange, label }) {
  const id = useId();
  return html`
    <div class="tabs" role="radiogroup" aria-label=${label}>
      ${rows.map((row) => html`
        <label class="tab" key=${row.value}>
          <input type="radio" name=${id} value=${row.value} checked=${row.value === value} onChange=${() => onChange(row.value)} />
          <span>${row.look && html`<i class=${`dot ${row.look}`} aria-hidden="true"></i>`}${row.name}${row.count !== undefined && html`<b>${number(row.count)}</b>`}</span>
        </label>`)}
    </div>`;
}
