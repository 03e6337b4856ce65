/* A painted layer, one byte a pixel: 0 nothing … 255 all of it. Brushes lighten or darken towards a value, so that a
   stroke over itself does not grow darker. Scribbles use two values about a neutral one: 255 keep, 0 take away, 128 open. */

const UNDO_BYTES = 48e6;

/** Share of a brush at `distance` from its middle: 1 inside the hard part, falling smoothly to 0 at the edge. */
export function falloff(distance, radius, softness) {
  if (radius < 0.75) return distance < 0.75 ? 1 : 0;
  const hard = radius * (1 - softness);
  const width = Math.max(radius - hard, 1); // one pixel of antialiasing at least
  const x = (distance - (radius - width) - 0.5) / width;
  if (x <= 0) return 1;
  if (x >= 1) return 0;
  return 1 - x * x * (3 - 2 * x);
}

export class Raster {
  constructor(width, height, neutral = 0) {
    Object.assign(this, { width, height, neutral, data: new Uint8Array(width * height).fill(neutral), undone: [], done: [], told: () => {} });
  }

  /** Values less than this apart are one area to the bucket. */
  get near() { return 64; }

  /** Whether nothing is painted. */
  get empty() { return this.data.every((value) => value === this.neutral); }

  /** Share of pixels that are painted. */
  get share() {
    let count = 0;
    for (const value of this.data) if (value !== this.neutral) count += 1;
    return count / this.data.length;
  }

  /** A rectangle within the picture, whole numbers. */
  within({ left, top, right, bottom }) {
    return {
      left: Math.max(0, Math.floor(left)), top: Math.max(0, Math.floor(top)),
      right: Math.min(this.width, Math.ceil(right)), bottom: Math.min(this.height, Math.ceil(bottom)),
    };
  }

  copy({ left, top, right, bottom }) {
    const bytes = new Uint8Array(Math.max(0, right - left) * Math.max(0, bottom - top));
    for (let y = top, at = 0; y < bottom; y += 1, at += right - left) bytes.set(this.data.subarray(y * this.width + left, y * this.width + right), at);
    return bytes;
  }

  paste({ left, top, right, bottom }, bytes) {
    for (let y = top, at = 0; y < bottom; y += 1, at += right - left) this.data.set(bytes.subarray(at, at + right - left), y * this.width + left);
  }

  /** Begin a change that one undo takes back. */
  begin() { this.before = this.data.slice(); this.touched = null; }

  /** A change was made within this rectangle. */
  changed(area) {
    const t = this.touched;
    this.touched = t ? { left: Math.min(t.left, area.left), top: Math.min(t.top, area.top), right: Math.max(t.right, area.right), bottom: Math.max(t.bottom, area.bottom) } : area;
    this.told(area);
  }

  /** End a change; what was there before can be had again. */
  end() {
    const area = this.touched;
    const before = this.before;
    this.before = null;
    if (!area || !before || area.right <= area.left || area.bottom <= area.top) return;
    const now = this.data;
    this.data = before;
    const bytes = this.copy(area);
    this.data = now;
    this.done.push({ area, bytes });
    this.undone = [];
    while (this.done.length > 1 && this.done.reduce((sum, one) => sum + one.bytes.length, 0) > UNDO_BYTES) this.done.shift();
  }

  /** Forget a change that has begun. */
  cancel() {
    if (!this.before) return;
    this.data = this.before;
    this.before = null;
    if (this.touched) this.told(this.touched);
  }

  swap(from, to) {
    const last = from.pop();
    if (!last) return false;
    to.push({ area: last.area, bytes: this.copy(last.area) });
    this.paste(last.area, last.bytes);
    this.told(last.area);
    return true;
  }

  undo() { return this.swap(this.done, this.undone); }
  redo() { return this.swap(this.undone, this.done); }

  /** One dab of a round brush towards `value`. */
  dab(x, y, radius, softness, value) {
    const area = this.within({ left: x - radius - 1, top: y - radius - 1, right: x + radius + 1, bottom: y + radius + 1 });
    const { data, width, neutral } = this;
    for (let row = area.top; row < area.bottom; row += 1) {
      for (let column = area.left; column < area.right; column += 1) {
        const share = falloff(Math.hypot(column + 0.5 - x, row + 0.5 - y), radius, softness);
        if (share === 0) continue;
        const at = row * width + column;
        const wanted = neutral + (value - neutral) * share;
        if (value === neutral) data[at] = Math.round(neutral + Math.sign(data[at] - neutral) * Math.min(Math.abs(data[at] - neutral), (1 - share) * Math.max(neutral, 255 - neutral)));
        else if ((value - neutral) * (data[at] - neutral) < 0 && share > 0.5) data[at] = Math.round(wanted);
        else if (Math.abs(wanted - neutral) > Math.abs(data[at] - neutral)) data[at] = Math.round(wanted);
      }
    }
    this.changed(area);
  }

  /** Dabs from one point to the next, close enough to be a line. `rest`: way left over from the last piece. */
  line(from, to, radius, softness, value, rest = 0) {
    const length = Math.hypot(to.x - from.x, to.y - from.y);
    const step = Math.max(0.5, radius * (softness > 0.3 ? 0.15 : 0.2));
    let at = step - rest;
    for (; at <= length; at += step) {
      const share = at / length;
      this.dab(from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share, radius, softness, value);
    }
    return length - (at - step);
  }

  /** A whole rectangle. */
  box(a, b, value) {
    const area = this.within({ left: Math.round(Math.min(a.x, b.x)), top: Math.round(Math.min(a.y, b.y)), right: Math.round(Math.max(a.x, b.x)), bottom: Math.round(Math.max(a.y, b.y)) });
    for (let row = area.top; row < area.bottom; row += 1) this.data.fill(value, row * this.width + area.left, row * this.width + area.right);
    this.changed(area);
  }

  /** Fill the area around a point that painted lines enclose. */
  fill(x, y, value) {
    const { width, height, data } = this;
    const [column, row] = [Math.floor(x), Math.floor(y)];
    if (column < 0 || row < 0 || column >= width || row >= height) return;
    const inside = data[row * width + column];
    if (Math.abs(inside - value) < this.near) return;
    const alike = (at) => Math.abs(data[at] - inside) < this.near;
    const stack = [[column, row]];
    const area = { left: column, top: row, right: column + 1, bottom: row + 1 };
    while (stack.length) {
      const [startX, y0] = stack.pop();
      let left = startX;
      if (!alike(y0 * width + left)) continue;
      while (left > 0 && alike(y0 * width + left - 1)) left -= 1;
      let right = startX;
      while (right < width - 1 && alike(y0 * width + right + 1)) right += 1;
      data.fill(value, y0 * width + left, y0 * width + right + 1);
      Object.assign(area, { left: Math.min(area.left, left), right: Math.max(area.right, right + 1), top: Math.min(area.top, y0), bottom: Math.max(area.bottom, y0 + 1) });
      for (const next of [y0 - 1, y0 + 1]) {
        if (next < 0 || next >= height) continue;
        for (let at = left; at <= right; at += 1) if (alike(next * width + at) && (at === left || !alike(next * width + at - 1))) stack.push([at, next]);
      }
    }
    this.changed(area);
  }

  /** Do something to every pixel: `make(value)`. */
  each(make) {
    const table = Uint8Array.from({ length: 256 }, (_, value) => make(value));
    for (let at = 0; at < this.data.length; at += 1) this.data[at] = table[this.data[at]];
    this.changed({ left: 0, top: 0, right: this.width, bottom: this.height });
  }

  invert() { this.each((value) => 255 - value); }
  clear() { this.each(() => this.neutral); }

  /** Soften all edges: three box blurs, close to a Gaussian of this standard deviation in px. */
  soften(sigma) {
    const radius = Math.max(1, Math.round((Math.sqrt(4 * sigma * sigma + 1) - 1) / 2)); // three boxes of 2r+1: variance r(r+1)
    const line = new Float32Array(Math.max(this.width, this.height));
    let plane = Float32Array.from(this.data);
    for (let round = 0; round < 3; round += 1) {
      for (let row = 0; row < this.height; row += 1) slide(plane, row * this.width, 1, this.width, radius, line);
      for (let column = 0; column < this.width; column += 1) slide(plane, column, this.width, this.height, radius, line);
    }
    for (let at = 0; at < plane.length; at += 1) this.data[at] = Math.round(plane[at]);
    plane = null;
    this.changed({ left: 0, top: 0, right: this.width, bottom: this.height });
  }

  /** RGBA bytes of a rectangle for the screen: `colour` [r, g, b] where painted, `other` below the neutral value. */
  coloured({ left, top, right, bottom }, colour, other = colour, strength = 0.55) {
    const out = new ImageData(Math.max(1, right - left), Math.max(1, bottom - top));
    const reach = Math.max(this.neutral, 255 - this.neutral);
    for (let row = top, at = 0; row < bottom; row += 1) {
      for (let column = left; column < right; column += 1, at += 4) {
        const value = this.data[row * this.width + column] - this.neutral;
        if (value === 0) continue;
        const [r, g, b] = value > 0 ? colour : other;
        out.data[at] = r; out.data[at + 1] = g; out.data[at + 2] = b; // eslint-disable-line
        out.data[at + 3] = Math.round(255 * strength * Math.min(1, Math.abs(value) / reach));
      }
    }
    return out;
  }

  /** The layer as a PNG of a size of its own (that of the photo): a mask in grey; scribbles white and black on nothing. */
  async png(width = this.width, height = this.height) {
    const grey = new ImageData(this.width, this.height);
    for (let at = 0, to = 0; at < this.data.length; at += 1, to += 4) {
      const value = this.data[at];
      grey.data[to] = grey.data[to + 1] = grey.data[to + 2] = this.neutral ? (value > this.neutral ? 255 : 0) : value;
      grey.data[to + 3] = this.neutral && value === this.neutral ? 0 : 255;
    }
    let canvas = new OffscreenCanvas(this.width, this.height);
    canvas.getContext("2d").putImageData(grey, 0, 0);
    if (width !== this.width || height !== this.height) {
      const large = new OffscreenCanvas(width, height);
      large.getContext("2d").drawImage(canvas, 0, 0, width, height);
      canvas = large;
    }
    return canvas.convertToBlob({ type: "image/png" });
  }

  /** Take over a picture of any size as the layer: its brightness, or its opacity where it has some. */
  async load(source) {
    const bitmap = await createImageBitmap(source);
    const canvas = new OffscreenCanvas(this.width, this.height);
    const brush = canvas.getContext("2d", { willReadFrequently: true });
    brush.drawImage(bitmap, 0, 0, this.width, this.height);
    const { data } = brush.getImageData(0, 0, this.width, this.height);
    for (let at = 0, from = 0; at < this.data.length; at += 1, from += 4) {
      const light = (data[from] + data[from + 1] + data[from + 2]) / 3;
      if (this.neutral) this.data[at] = data[from + 3] < 128 ? this.neutral : light > 127 || data[from + 1] > data[from] + 40 ? 255 : 0;
      else this.data[at] = Math.round(light * (data[from + 3] / 255));
    }
    bitmap.close();
    this.changed({ left: 0, top: 0, right: this.width, bottom: this.height });
  }
}

/** A moving mean over `count` values from `start`, `step` apart; the ends are continued. */
function slide(plane, start, step, count, radius, line) {
  for (let at = 0; at < count; at += 1) line[at] = plane[start + at * step];
  const of = (at) => line[Math.min(count - 1, Math.max(0, at))];
  let sum = 0;
  for (let at = -radius; at <= radius; at += 1) sum += of(at);
  for (let at = 0; at < count; at += 1) {
    plane[start + at * step] = sum / (2 * radius + 1);
    sum += of(at + radius + 1) - of(at - radius);
  }
}

/** A size no larger than `most` pixels with the same shape; and how much smaller it is. */
export function workable({ width, height }, most = 6e6) {
  const share = Math.min(1, Math.sqrt(most / (width * height)));
  return { width: Math.max(1, Math.round(width * share)), height: Math.max(1, Math.round(height * share)), share };
}
