/* The style over many photos: a job of kind pipeline with the steps tried here. */
import { html, useState } from "../lib.js";
import { t, tn } from "../i18n.js";
import { uploadAll } from "../api.js";
import { Icon } from "../icons.js";
import { go } from "../router.js";
import { submit } from "../service.js";
import { Dialog } from "../parts/dialog.js";
import { Drop } from "../parts/drop.js";
import { Bar } from "../parts/status.js";
import { ProblemBox } from "../parts/toast.js";
import { recipe } from "../edit/recipe.js";

/** Hand in the steps over photos or a catalogue; goes to the job. */
export function Over({ steps, onClose }) {
  const [photos, setPhotos] = useState([]);
  const [catalogue, setCatalogue] = useState("");
  const [share, setShare] = useState(null);
  const [problem, setProblem] = useState(null);
  const ready = photos.length > 0 || catalogue.trim();
  const start = async () => {
    setProblem(null);
    setShare(0);
    try {
      const done = await uploadAll(photos, setShare);
      const files = done.map((one) => one.file?.id).filter(Boolean);
      if (photos.length && !files.length) throw done[0].problem;
      const { text } = recipe({ name: "restyle", steps });
      const job = await submit({ kind: "pipeline", parameters: { recipe: text }, ...(files.length ? { files } : { catalogue: catalogue.trim() }) });
      go("jobs", [job.id]);
    } catch (wrong) {
      setProblem(wrong);
      setShare(null);
    }
  };
  return html`
    <${Dialog} title=${t("restyle.over")} onClose=${onClose}>
      <p class="dialog-text">${t("restyle.over_text")}</p>
      <${Drop} text=${photos.length ? tn("restyle.photos", photos.length) : t("restyle.over_drop")} small=${photos.length > 0} onFiles=${(files) => setPhotos((old) => [...old, ...files])} />
      ${photos.length === 0 && html`
        <div class="field"><label class="field-name" for="over-catalogue">${t("restyle.or_catalogue")}</label>
          <input id="over-catalogue" class="text" value=${catalogue} spellcheck=${false} onInput=${(event) => setCatalogue(event.target.value)} /></div>`}
      ${share !== null && html`<${Bar} share=${share} label=${t("restyle.sending")} />`}
      ${problem && html`<${ProblemBox} problem=${problem} />`}
      <div class="actions end dialog-actions"><button type="button" class="button" onClick=${onClose}>${t("cancel")}</button>
        <button type="button" class="button primary" disabled=${!ready || share !== null} onClick=${start}><${Icon} name="play" size=${16} />${t("restyle.start")}</button></div>
    <//>`;
}
