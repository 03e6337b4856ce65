/* The photo in hand: it stays while other pages are looked at, and other pages may put one there. */
import { box } from "../state.js";
import { go } from "../router.js";
import { photoOf } from "./open.js";

export const bench = box(null); // {photo, steps}

/** Open a picture on the page Edit. */
export async function toEdit(blob, name) {
  const photo = await photoOf(new File([blob], name, { type: blob.type }));
  bench.set({ photo, steps: [] });
  go("edit");
}
