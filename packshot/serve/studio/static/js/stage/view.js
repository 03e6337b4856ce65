/* Where a picture lies in a window: scale and shift, and 3×3 transforms as CSS. Pure functions; a view maps picture
   pixels to window pixels, x' = scale · x + left. */

export const LEAST = 0.02;
export const MOST = 32;

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** The view in which a picture of `size` {width, height} fills a window {width, height}, `edge` px free around it. */
export function fitted(size, window, edge = 24) {
  const across = Math.max(1, window.width - 2 * edge);
  const down = Math.max(1, window.height - 2 * edge);
  const scale = clamp(Math.min(across / size.width, down / size.height), LEAST, 8);
  return centred(size, window, scale);
}

/** A view of this scale with the picture in the middle. */
export const centred = (size, window, scale) => ({
  scale, left: (window.width - size.width * scale) / 2, top: (window.height - size.height * scale) / 2,
});

/** The view after scaling by `times` about the point {x, y} of the window, which stays where it is. */
export function zoomed(view, times, point) {
  const scale = clamp(view.scale * times, LEAST, MOST);
  const by = scale / view.scale;
  return { scale, left: point.x - (point.x - view.left) * by, top: point.y - (point.y - view.top) * by };
}

/** A view from which the picture cannot be lost: at least 48 px of it stay in the window. */
export function held(view, size, window, keep = 48) {
  const across = size.width * view.scale;
  const down = size.height * view.scale;
  return {
    ...view,
    left: clamp(view.left, keep - across, window.width - keep),
    top: clamp(view.top, keep - down, window.height - keep),
  };
}

/** Window point → picture point. */
export const inPicture = (view, point) => ({ x: (point.x - view.left) / view.scale, y: (point.y - view.top) / view.scale });

/** The inverse of a 3×3 matrix given as rows; null where there is none. */
export function inverse([[a, b, c], [d, e, f], [g, h, i]]) {
  const whole = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  if (!whole) return null;
  return [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ].map((row) => row.map((value) => value / whole));
}

/** a · b of 3×3 matrices as rows. */
export const times = (a, b) => a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));

/** A view as a 3×3 matrix. */
export const matrixOf = ({ scale, left, top }) => [[scale, 0, left], [0, scale, top], [0, 0, 1]];

/** A 3×3 matrix (perspective too) as a CSS transform about the corner. */
export function css(matrix) {
  const [[a, b, c], [d, e, f], [g, h, i]] = matrix.map((row) => row.map((value) => value / matrix[2][2]));
  if (Math.abs(g) < 1e-9 && Math.abs(h) < 1e-9) return `matrix(${[a, d, b, e, c, f].join(",")})`;
  return `matrix3d(${[a, d, 0, g, b, e, 0, h, 0, 0, 1, 0, c, f, 0, i].join(",")})`;
}

/** How a photo is laid over a result, given the view of the result and `toSource` (3×3, result px → photo px). */
export function laidOver(view, toSource) {
  const back = toSource && inverse(toSource);
  return css(back ? times(matrixOf(view), back) : matrixOf(view));
}
