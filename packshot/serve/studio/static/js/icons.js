/* Small line drawings, 20 by 20; they say nothing to a screen reader, the words beside them do. */
import { html } from "./lib.js";

const PATHS = {
  listing: "M3.5 4.5h5v5h-5zM11.5 4.5h5v5h-5zM3.5 12.5h5v3h-5zM11.5 12.5h5v3h-5z",
  edit: "M4 16l.8-3.4L13.2 4.2a1.4 1.4 0 0 1 2 0l.6.6a1.4 1.4 0 0 1 0 2L7.4 15.2zM11.8 5.6l2.6 2.6",
  generate: "M10 3.5l1.5 4.5 4.5 1.5-4.5 1.5L10 15.5 8.5 11 4 9.5 8.5 8zM15.5 13.5v3M14 15h3",
  sketch: "M3.5 13.5c2-5 4-8 5.5-7s-3 5-1.5 6 3-3 4.5-2.5-.5 3 1 3.5 2-1 3.5-2M3.5 17h13",
  restyle: "M10 3.5a6.5 6.5 0 1 0 0 13c1.200 0 1.600-.8 1.200-1.700-.6-1.300.2-2.300 1.5-2.300h1.800c1.200 0 2-.9 2-2.300C16.5 6.300 13.600 3.5 10 3.5zM6.800 9.5h.01M9 6.5h.01M12.5 7.200h.01",
  train: "M3.5 3.5v13h13M6 13c1.5-5 3-7 5-7.5s3.5-.5 5-.5",
  models: "M10 3l6 3.200v7L10 16.800l-6-3.600v-7zM4 6.200l6 3.400 6-3.400M10 9.600v7.200",
  jobs: "M4 5.5h12M4 10h12M4 14.5h7",
  menu: "M3.5 6h13M3.5 10h13M3.5 14h13",
  close: "M5 5l10 10M15 5L5 15",
  check: "M4.5 10.5l3.5 3.5 7.5-8",
  cross: "M6 6l8 8M14 6l-8 8",
  warn: "M10 6.5v4.5M10 13.5v.01M10 2.800l7.700 13.700H2.300z",
  info: "M10 9v4.5M10 6.5v.01M10 2.800a7.200 7.200 0 1 0 0 14.400 7.200 7.200 0 0 0 0-14.400z",
  minus: "M5 10h10",
  plus: "M10 4.5v11M4.5 10h11",
  upload: "M10 13V4M6.5 7.5L10 4l3.5 3.5M3.5 13.5v2.5h13v-2.5",
  download: "M10 4v9M6.5 9.5L10 13l3.5-3.5M3.5 16.5h13",
  folder: "M3 5.5h5l1.5 2H17v8H3z",
  search: "M8.800 3.800a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM12.5 12.5l4 4",
  reset: "M4.5 8.5A6 6 0 1 1 4 11.5M4 4.5v4h4",
  pause: "M7 5v10M13 5v10",
  play: "M6.5 4.5v11l9-5.5z",
  stop: "M5.5 5.5h9v9h-9z",
  retry: "M15.5 8.5A6 6 0 1 0 16 11.5M16 4.5v4h-4",
  down: "M5.5 8l4.5 4.5L14.5 8",
  right: "M8 5.5l4.5 4.5L8 14.5",
  left: "M12 5.5L7.5 10l4.5 4.5",
  sun: "M10 6.800a3.200 3.200 0 1 0 0 6.400 3.200 3.200 0 0 0 0-6.400zM10 2.5v1.5M10 16v1.5M2.5 10H4M16 10h1.5M4.700 4.700l1 1M14.300 14.300l1 1M4.700 15.300l1-1M14.300 5.700l1-1",
  moon: "M16 11.800A6.5 6.5 0 0 1 8.200 4a6.5 6.5 0 1 0 7.800 7.800z",
  screen: "M3 4.5h14v9H3zM7.5 16.5h5",
  keyboard: "M2.5 5.5h15v9h-15zM5.5 8.5h.01M8.5 8.5h.01M11.5 8.5h.01M14.5 8.5h.01M6.5 11.5h7",
  link: "M8.5 11.5l3-3M9.5 6l1.5-1.5a3 3 0 0 1 4.5 4.5L14 10.5M10.5 14L9 15.5A3 3 0 0 1 4.5 11L6 9.5",
  picture: "M3.5 4.5h13v11h-13zM3.5 13l4-4 4 4 2-2 3 3M13 7.5v.01",
  clock: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6.5V10l2.5 2",
  eye: "M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5zM10 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  more: "M5 10h.01M10 10h.01M15 10h.01",
};

/** One drawing. */
export const Icon = ({ name, size = 18 }) => html`
  <svg class="icon" width=${size} height=${size} viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.5"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false"><path d=${PATHS[name]} /></svg>`;

/** The sign of the house: a picture, half before, half after. */
export const Sign = () => html`
  <svg class="sign" width="22" height="22" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect x="2" y="2" width="28" height="28" rx="8" class="sign-before" /><path d="M16 5h8a3 3 0 0 1 3 3v16a3 3 0 0 1-3 3h-8z" class="sign-after" />
  </svg>`;
