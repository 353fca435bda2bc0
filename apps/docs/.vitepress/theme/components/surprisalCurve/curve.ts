/** The size of the drawing, and the area of its curve. */
export const size = { width: 400, height: 260 };
export const area = { left: 44, right: 388, top: 12, bottom: 216 };

/** The largest surprisal on the axis (in nats), and the smallest probability that can be chosen. */
export const highest = 5;
export const smallest = 0.01;

/** Returns the surprisal of an event of probability p (in nats): −log p. */
export function surprisal(p: number): number {
  return p === 1 ? 0 : -Math.log(p);
}

export function xOf(p: number): number {
  return area.left + p * (area.right - area.left);
}

export function yOf(nats: number): number {
  return area.bottom - (nats / highest) * (area.bottom - area.top);
}

/** Returns the probability at a horizontal position, in hundredths. */
export function probabilityAt(x: number): number {
  const p = (x - area.left) / (area.right - area.left);
  return Math.round(100 * Math.min(1, Math.max(smallest, p))) / 100;
}

/** Returns the curve from the smallest probability to 1, as an SVG path. */
export function curvePath(): string {
  const points = Array.from({ length: 100 }, (_, i) => (i + 1) / 100);
  return `M${points.map((p) => `${xOf(p).toFixed(1)} ${yOf(surprisal(p)).toFixed(1)}`).join("L")}`;
}
