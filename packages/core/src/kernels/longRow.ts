import { address, type Instance, stageSize } from "./instance.ts";
import { chunkSize, type Exports, type Job, result } from "./job.ts";

/** What is known of a piece of a row: own and others add up to Σ exp(x − shift) · 2^(−exponent). */
interface Piece {
  readonly start: number;
  readonly end: number;
  /** Where it begins in the staging buffer, in floats. */
  readonly place: number;
  readonly max: number;
  readonly shift: number;
  readonly exponent: number;
  readonly own: number;
  readonly others: number;
}

/**
 * One long row, piece by piece, so that pieces stay in the second cache. Where the row fits into the
 * staging buffer its pieces stay there, too; else they go through `out` between the passes.
 */
export function longRow(instance: Instance, kernels: Exports, job: Job, row: number): void {
  const { x, out, layout, temperature, rows } = job;
  const { index, scales, values } = instance;
  const start = row * layout.size;
  rows?.load(row, 1, index, scales);
  const target = job.result >= result.loss ? index[0] : 0;
  const finish = (value: number) => {
    values[0] = value;
    rows?.store(row, 1, values);
  };
  if (target < 0) {
    out?.fill(0, start, start + layout.size);
    finish(0);
    return;
  }
  const logit = x[start + target];
  const stays = layout.size <= stageSize;
  const pieces = survey(instance, kernels, job, start, stays);
  const top = pieces.reduce((best, piece) => (piece.max > best.max ? piece : best));
  if (!Number.isFinite(top.max)) {
    infiniteRow(job, row);
    return;
  }
  const factorOf = ({ max, shift, exponent }: Piece) =>
    Number.isFinite(max)
      ? Math.exp((shift - top.shift) / temperature) * 2 ** (exponent - top.exponent)
      : 1;
  let others = top.others;
  for (const piece of pieces) {
    if (piece !== top) others += (piece.own + piece.others) * factorOf(piece);
  }
  const total = top.own + others;
  const logTotal = Math.log1p(others / top.own);
  if (out === undefined) {
    finish(job.result === result.logSumExp ? top.max + logTotal : top.max - logit + logTotal);
    return;
  }
  if (job.result === result.logSoftmax) {
    for (const piece of pieces) {
      change(instance, x, out, stays, piece, (at, size) => {
        kernels.subtract(at, at, size, top.max, logTotal, 1 / temperature);
      });
    }
    return;
  }
  const upstream = job.result === result.softmax ? 1 : scales[0];
  const goal = pieces.find(({ end }) => start + target < end) as Piece;
  // Of a piece with nothing finite nothing has been stored: all is 0 there, or NaN.
  const term = stays ? instance.stage[target] : out[start + target];
  const p = (goal.own === 0 ? 0 : term * factorOf(goal)) / total;
  for (const piece of pieces) {
    if (piece.own === 0) out.fill(0 / total, piece.start, piece.end);
    else {
      change(instance, out, out, stays, piece, (at, size) => {
        scaleFar(kernels, at, size, (upstream * factorOf(piece)) / total);
      });
    }
  }
  if (job.result === result.softmax) return;
  // p − 1 would cancel where the target dominates.
  out[start + target] = upstream * (logit === top.max ? -others / total : p - 1);
  finish(top.max - logit + logTotal);
}

/** Goes through a row once; the exponentials go to `out` where they are needed again. */
function survey(
  instance: Instance,
  kernels: Exports,
  job: Job,
  start: number,
  stays: boolean,
): Piece[] {
  const { x, out, layout } = job;
  const { stage, found } = instance;
  const keep = job.result === result.softmax || job.result === result.lossAndGradient;
  const count = Math.ceil(layout.size / chunkSize);
  const step = Math.ceil(layout.size / count / 16) * 16;
  const pieces: Piece[] = [];
  for (let first = 0; first < layout.size; first += step) {
    const size = Math.min(step, layout.size - first);
    const place = stays ? first : 0;
    const where = { start: start + first, end: start + first + size, place };
    stage.set(x.subarray(where.start, where.end), place);
    const at = address.stage + 4 * place;
    kernels.survey(keep, at, at, size);
    const [max, shift, exponent, own, others] = found;
    if (Number.isFinite(max)) {
      if (keep && !stays) out?.set(stage.subarray(0, size), where.start);
      pieces.push({ ...where, max, shift, exponent, own, others });
    } else {
      const invalid = stage.subarray(place, place + size).some(Number.isNaN);
      pieces.push({
        ...where,
        max,
        shift: 0,
        exponent: 0,
        own: 0,
        others: invalid ? Number.NaN : 0,
      });
    }
  }
  return pieces;
}

/** Scales by a factor that may be too small for a float where the products are not: exponentials start at 2⁴⁸. */
function scaleFar({ scale }: Exports, at: number, size: number, factor: number): void {
  const isSmall = Math.abs(factor) < 2 ** -100;
  if (isSmall) scale(at, at, size, 2 ** -50);
  scale(at, at, size, isSmall ? factor * 2 ** 50 : factor);
}

/** Changes a piece in the staging buffer, where it is or is copied to, and copies it out. */
function change(
  { stage }: Instance,
  from: Float32Array,
  to: Float32Array,
  stays: boolean,
  { start, end, place }: Piece,
  compute: (at: number, size: number) => void,
): void {
  if (!stays) stage.set(from.subarray(start, end));
  const size = end - start;
  compute(address.stage + 4 * place, size);
  to.set(stage.subarray(place, place + size), start);
}

/** A row without a finite maximum; of one with +∞, exponentials may stand in `out` already, and all of it becomes NaN. */
function infiniteRow({ x, out, layout: { size }, rows, alone }: Job, row: number): void {
  const [start, end] = [row * size, (row + 1) * size];
  alone(
    x.subarray(start, end),
    out?.subarray(start, end),
    { outer: 1, size, inner: 1 },
    rows && {
      load: (_, ...rest) => rows.load(row, ...rest),
      store: (_, ...rest) => rows.store(row, ...rest),
    },
  );
}
