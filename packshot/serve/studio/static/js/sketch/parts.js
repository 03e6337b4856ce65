/* A layout: every pixel belongs to one part, or to the ground (0). Hard edges, no mixing. */
import { Raster } from "../paint/raster.js";

/* The palette of packshot/imaging/translating/layouts.py: colours differ in lightness too, so that they can be told
   apart without seeing hue. */
export const COLOURS = ["#ffffff", "#1f4e8c", "#e3a81c", "#2f7d4f", "#b3202c", "#7fc4e8", "#6a3d9a", "#3a3a42"];

export const rgbOf = (hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

/** The parts of a category as the card of weights names them, [{name, colour}], the ground first; else numbered ones. */
export function partsOf(card, category, ground, named) {
  const parts = card?.translation?.parts ?? {};
  const names = parts[category] ?? parts[""];
  const told = names ?? COLOURS.slice(1).map((_, index) => named(index + 1));
  return [ground, ...told].slice(0, COLOURS.length).map((name, index) => ({ name, colour: COLOURS[index] }));
}

export class Layout extends Raster {
  constructor(width, height) {
    super(width, height, 0);
    this.parts = COLOURS.map(rgbOf);
  }

  get near() { return 1; }

  dab(x, y, radius, softness, value) {
    const area = this.within({ left: x - radius, top: y - radius, right: x + radius, bottom: y + radius });
    for (let row = area.top; row < area.bottom; row += 1) {
      for (let column = area.left; column < area.right; column += 1) {
        if (Math.hypot(column + 0.5 - x, row + 0.5 - y) <= radius) this.data[row * this.width + column] = value;
      }
    }
    this.changed(area);
  }

  coloured({ left, top, right, bottom }) {
    const out = new ImageData(Math.max(1, right - left), Math.max(1, bottom - top));
    for (let row = top, at = 0; row < bottom; row += 1) {
      for (let column = left; column < right; column += 1, at += 4) {
        const part = this.data[row * this.width + column];
        if (part) out.data.set([...this.parts[part], 255], at);
      }
    }
    return out;
  }

  /** The layout as a picture: every part in its colour. */
  async png() {
    const canvas = new OffscreenCanvas(this.width, this.height);
    const brush = canvas.getContext("2d");
    const image = this.coloured({ left: 0, top: 0, right: this.width, bottom: this.height });
    for (let at = 3; at < image.data.length; at += 4) if (!image.data[at]) image.data.set([...this.parts[0], 255], at - 3);
    brush.putImageData(image, 0, 0);
    return canvas.convertToBlob({ type: "image/png" });
  }

  /** Take over a picture: every pixel becomes the part whose colour is nearest. */
  async load(source) {
    const bitmap = await createImageBitmap(source);
    const canvas = new OffscreenCanvas(this.width, this.height);
    const brush = canvas.getContext("2d", { willReadFrequently: true });
    brush.imageSmoothingEnabled = false;
    brush.drawImage(bitmap, 0, 0, this.width, this.height);
    const { data } = brush.getImageData(0, 0, this.width, this.height);
    for (let at = 0, from = 0; at < this.data.length; at += 1, from += 4) {
      let least = Infinity;
      this.parts.forEach(([r, g, b], part) => {
        const far = (data[from] - r) ** 2 + (data[from + 1] - g) ** 2 + (data[from + 2] - b) ** 2;
        if (far < least) { least = far; this.data[at] = part; }
      });
    }
    bitmap.close();
    this.changed({ left: 0, top: 0, right: this.width, bottom: this.height });
  }
}

/** A drawing: black lines on white. */
export class Drawing extends Raster {
  async png() {
    const canvas = new OffscreenCanvas(this.width, this.height);
    const image = new ImageData(this.width, this.height);
    for (let at = 0, to = 0; at < this.data.length; at += 1, to += 4) image.data.set([255 - this.data[at], 255 - this.data[at], 255 - this.data[at], 255], to);
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas.convertToBlob({ type: "image/png" });
  }

  async load(source) {
    await super.load(source);
    for (let at = 0; at < this.data.length; at += 1) this.data[at] = 255 - this.data[at];
    this.changed({ left: 0, top: 0, right: this.width, bottom: this.height });
  }
}
