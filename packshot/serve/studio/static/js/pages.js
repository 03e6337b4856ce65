/* The pages, in the order of the navigation. `letter`: the second key of their shortcut (g, then it).
   A page is one file under pages/ that exports `Page`, a component that is given `rest`, what follows in the address. */
import { html, useEffect, useState } from "./lib.js";
import { Waiting } from "./parts/empty.js";
import { ProblemBox } from "./parts/toast.js";

/** A page whose module is loaded when it is first shown. */
function later(load) {
  let found = null;
  return function Later(props) {
    const [view, setView] = useState(() => found);
    const [problem, setProblem] = useState(null);
    useEffect(() => {
      if (view) return;
      load().then((module) => { found = module.Page; setView(() => found); }, setProblem);
    }, []);
    if (problem) return html`<${ProblemBox} problem=${problem} />`;
    const View = view;
    return View ? html`<${View} ...${props} />` : html`<${Waiting} />`;
  };
}

export const PAGES = {
  listing: { letter: "l", view: later(() => import("./pages/listing.js")) },
  edit: { letter: "e", view: later(() => import("./pages/edit.js")) },
  generate: { letter: "g", view: later(() => import("./pages/generate.js")) },
  sketch: { letter: "s", view: later(() => import("./pages/sketch.js")) },
  restyle: { letter: "r", view: later(() => import("./pages/restyle.js")) },
  train: { letter: "t", view: later(() => import("./pages/train.js")) },
  models: { letter: "m", view: later(() => import("./pages/models.js")) },
  jobs: { letter: "j", view: later(() => import("./pages/jobs.js")) },
};

export const GROUPS = [["listing", "edit"], ["generate", "sketch", "restyle"], ["train", "models"], ["jobs"]];
