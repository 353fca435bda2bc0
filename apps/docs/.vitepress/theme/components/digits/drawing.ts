/** A drawing is a square of cells, ink (1) or none (0), like the scans of the data set. */
export const side = 32;
export type Drawing = Uint8Array;

/** The number of cells in a block that becomes a pixel. */
const block = 4;
const pixelsPerSide = side / block;

export interface Cell {
  readonly x: number;
  readonly y: number;
}

export function blank(): Drawing {
  return new Uint8Array(side * side);
}

/** Draws a line between two cells, with the width of a pen. */
export function stroke(drawing: Drawing, from: Cell, to: Cell): Drawing {
  const inked = drawing.slice();
  const steps = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y)));
  for (let i = 0; i <= steps; i++) {
    const part = i / steps;
    dot(inked, from.x + part * (to.x - from.x), from.y + part * (to.y - from.y));
  }
  return inked;
}

const radius = 1.6;

function dot(drawing: Drawing, x: number, y: number): void {
  for (let v = Math.max(0, Math.ceil(y - radius)); v <= Math.min(side - 1, y + radius); v++) {
    for (let u = Math.max(0, Math.ceil(x - radius)); u <= Math.min(side - 1, x + radius); u++) {
      if (Math.hypot(u - x, v - y) <= radius) drawing[v * side + u] = 1;
    }
  }
}

/**
 * Converts a drawing as the digits of the data set were: scaled to the full height, centred, and
 * reduced to the share of ink in each block of 4 × 4 cells.
 */
export function pixelsOf(drawing: Drawing): Float32Array {
  const pixels = new Float32Array(pixelsPerSide ** 2);
  const box = boundsOf(drawing);
  if (box === undefined) return pixels;
  const { left, top, width, height } = box;
  const scale = Math.max(width, height) / side;
  const shift = { x: left - (side * scale - width) / 2, y: top - (side * scale - height) / 2 };
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const u = Math.floor(shift.x + (x + 0.5) * scale);
      const v = Math.floor(shift.y + (y + 0.5) * scale);
      const isInside = u >= 0 && v >= 0 && u < side && v < side;
      if (!isInside || drawing[v * side + u] === 0) continue;
      pixels[Math.floor(y / block) * pixelsPerSide + Math.floor(x / block)] += 1 / block ** 2;
    }
  }
  return pixels;
}

/** Returns the smallest rectangle that contains all ink. */
function boundsOf(drawing: Drawing) {
  let [left, top, right, bottom] = [side, side, -1, -1];
  drawing.forEach((ink, i) => {
    if (ink === 0) return;
    const [x, y] = [i % side, Math.floor(i / side)];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  });
  if (right < 0) return undefined;
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}
