import {
  type KernelArray,
  type Kernels,
  type Layout,
  layoutOf,
  loadRow,
  type Readers,
  readFloats,
  readNumbers,
  resolveAxis,
  showShape,
  storeRow,
  sumOf,
  withoutAxis,
} from "@surprisal/core/kernels";
import { makeLoss, type UntypedLoss } from "./makeLoss.ts";
import { type ClassValues, classReaders, lossReaders } from "./options.ts";
import { readTarget, type Target } from "./target.ts";

/**
 * The loss of one row: Σⱼ cⱼ · ℓⱼ(x), where ℓⱼ is the loss if class j were the target.
 *
 * The coefficients c hold target, class weights and label smoothing: a plain target t has cₜ = 1
 * and no other. `gradient`, if given, receives the derivative with respect to x.
 * All three are the call's own: they may be overwritten.
 */
export type ClassRow = (
  x: Float64Array,
  coefficients: Float64Array,
  gradient: Float64Array | undefined,
) => number;

/** Computes the losses of all rows at once, for plain class indices. */
export type IndexedRows = Kernels["crossEntropy"];

/** A loss over the classes of an axis. */
export interface ClassLossDefinition<Own> {
  readonly kind: "class";
  readonly name: string;
  /** The readers of the loss's own options. */
  readonly options?: Readers<Own>;
  /** What the mean divides by: the weights of the targets (default), or the number of rows not ignored. */
  readonly meanOver?: "weights" | "rows";
  /** The mathematics of one row, for these options and this many classes. */
  formula(options: Own, classes: number): ClassRow;
  /** A faster way for plain class indices without label smoothing, where there is one. */
  indexed?(options: Own): IndexedRows;
}

export function classLoss<Own>(definition: ClassLossDefinition<Own>): UntypedLoss {
  const { name } = definition;
  const readers = { ...lossReaders, ...classReaders, ...definition.options };

  return makeLoss<ClassValues>(name, 2, readers, ([input, given], values) => {
    const view = readFloats(`${name}: input`, input);
    if (view.shape.length === 0) {
      throw new RangeError(`${name}: input must have a class axis, got a number.`);
    }
    const axis = resolveAxis(name, values.axis, view.shape);
    const layout = layoutOf(view.shape, axis);
    const weight = readWeight(name, values.weight, layout.size);
    const target = readTarget(name, given, view.shape, axis, values.ignoreIndex);
    const divisor = divisorOf(target, definition.meanOver === "rows" ? undefined : weight);
    const zero = values.whenEmpty === "zero";
    if (zero) dropEmptyRows(target.index, view.data, layout);
    const rows: Rows = { x: view.data, layout, target, weight, smoothing: values.labelSmoothing };
    const own = values as unknown as Own;

    return {
      inputs: [{ name: "input", view }],
      shape: withoutAxis(view.shape, axis),
      divisor,
      nothing: zero ? 0 : Number.NaN,
      evaluate(losses, scales, gradients) {
        const gradient = gradients?.[0];
        const plain = target.probabilities === undefined && rows.smoothing === 0;
        if (plain && definition.indexed !== undefined) {
          byIndex(definition.indexed(own), rows, losses, scales, gradient);
        } else {
          byCoefficients(definition.formula(own, layout.size), rows, losses, scales, gradient);
        }
      },
    };
  });
}

interface Rows {
  readonly x: KernelArray;
  readonly layout: Layout;
  readonly target: Target;
  readonly weight: Float64Array | undefined;
  readonly smoothing: number;
}

function byIndex(
  compute: IndexedRows,
  { x, layout, target: { index }, weight }: Rows,
  losses: Float64Array,
  scales: Float64Array | undefined,
  gradient: KernelArray | undefined,
): void {
  if (weight === undefined) {
    compute(x, index, layout, losses, scales, gradient);
    return;
  }
  const weighed = index.map((t) => (t >= 0 && weight[t] === 0 ? -1 : t));
  if (scales !== undefined) weighRows(scales, weighed, weight);
  compute(x, weighed, layout, losses, scales, gradient);
  weighRows(losses, weighed, weight);
}

function weighRows(values: Float64Array, index: Int32Array, weight: Float64Array): void {
  for (let r = 0; r < index.length; r++) if (index[r] >= 0) values[r] *= weight[index[r]];
}

function byCoefficients(
  row: ClassRow,
  rows: Rows,
  losses: Float64Array,
  scales: Float64Array | undefined,
  gradient: KernelArray | undefined,
): void {
  const { size, inner } = rows.layout;
  const x = new Float64Array(size);
  const coefficients = new Float64Array(size);
  const slope = gradient && new Float64Array(size);
  for (let r = 0; r < losses.length; r++) {
    const start = Math.floor(r / inner) * size * inner + (r % inner);
    if (loadCoefficients(rows, r, start, coefficients)) {
      loadRow(rows.x, start, inner, x);
      losses[r] = row(x, coefficients, slope);
      if (slope && scales) for (let j = 0; j < size; j++) slope[j] *= scales[r];
    } else {
      losses[r] = 0;
      slope?.fill(0);
    }
    if (slope && gradient) storeRow(slope, gradient, start, inner);
  }
}

/**
 * Weight, smoothing and target of a row as one number per class: cⱼ = wⱼ · ((1 − ε) qⱼ + ε / C),
 * except that a class index weighs its own part by its own weight.
 *
 * @returns whether any is not 0: the row contributes something.
 */
function loadCoefficients(
  { layout, target, weight, smoothing }: Rows,
  r: number,
  start: number,
  coefficients: Float64Array,
): boolean {
  const t = target.index[r];
  if (t < 0) return false;
  const even = smoothing / layout.size;
  const { probabilities } = target;
  if (probabilities === undefined) {
    coefficients.fill(even);
    coefficients[t] += 1 - smoothing;
  } else {
    loadRow(probabilities, start, layout.inner, coefficients);
    if (smoothing > 0) {
      for (let j = 0; j < coefficients.length; j++) {
        coefficients[j] = (1 - smoothing) * coefficients[j] + even;
      }
    }
  }
  if (weight !== undefined) {
    for (let j = 0; j < coefficients.length; j++) coefficients[j] *= weight[j];
  }
  return coefficients.some((c) => c !== 0);
}

function readWeight(name: string, value: unknown, classes: number): Float64Array | undefined {
  if (value === undefined) return undefined;
  const { data, shape } = readNumbers(`${name}: weight`, value);
  if (shape.length !== 1 || shape[0] !== classes) {
    throw new RangeError(
      `${name}: weight must have shape ${showShape([classes])}, one per class, got ${showShape(shape)}.`,
    );
  }
  return Float64Array.from(data);
}

/** What the mean divides by: each row that is not ignored counts, by its target's weight. */
function divisorOf({ index, probabilities }: Target, weight: Float64Array | undefined): number {
  if (probabilities !== undefined) return index.length;
  if (weight !== undefined) return sumOf(Float64Array.from(index, (t) => (t < 0 ? 0 : weight[t])));
  let count = 0;
  for (let r = 0; r < index.length; r++) if (index[r] >= 0) count++;
  return count;
}

/** Takes out the rows of nothing but −∞: they still count in the mean, but contribute nothing. */
function dropEmptyRows(index: Int32Array, x: KernelArray, { size, inner }: Layout): void {
  for (let r = 0; r < index.length; r++) {
    const start = Math.floor(r / inner) * size * inner + (r % inner);
    let j = 0;
    while (j < size && x[start + j * inner] === Number.NEGATIVE_INFINITY) j++;
    if (j === size) index[r] = -1;
  }
}
