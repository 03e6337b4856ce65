/* Which page is shown: the part of the address after `#/`, such as `#/jobs/3f2a`. */
import { box } from "./state.js";

const read = () => {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [page = "", ...rest] = path.split("/").map(decodeURIComponent);
  return { page, rest, query: Object.fromEntries(new URLSearchParams(query)) };
};

export const place = box(read());
addEventListener("hashchange", () => place.set(read()));

/** The address of a page, to be used as a link. */
export const link = (page, ...rest) => `#/${[page, ...rest].map(encodeURIComponent).join("/")}`;

/** Go to a page; `instead` leaves no step back to the present one. */
export function go(page, rest = [], { instead = false } = {}) {
  const address = link(page, ...rest);
  if (instead) location.replace(address);
  else location.hash = address;
}
