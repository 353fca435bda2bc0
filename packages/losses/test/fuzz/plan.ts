import { random } from "@surprisal/testing";
import { type ArraySpec, elementTypes, repeatFirst, rounded, type TypeName } from "./arrays.ts";
import { type Case, elementwiseCalls, isLoss, usable } from "./cases.ts";
import { features } from "./features.ts";
import type { Expected, RowLoss } from "./reference.ts";
import * as reference from "./reference.ts";
import { fromRows, makeRows, product, type Rows, rowOf, rowsAlong } from "./values.ts";

/** An array of the call: its numbers, and how it is passed. */
export interface PlannedArray {
  readonly name: string;
  readonly spec: ArraySpec;
  readonly shape: readonly number[];
  /** The numbers as the array holds them, in row-major order. */
  readonly values: Float64Array;
  /** Nested arrays of booleans in place of 0 and 1. */
  readonly asBooleans?: boolean;
}

/** One result of the call. */
export interface PlannedResult {
  /** The name of the field of the result; none if the result is all there is. */
  readonly field?: "value" | "grad";
  readonly shape: readonly number[];
  /** In row-major order. */
  readonly expected: readonly Expected[];
  /** Whether `out` receives it. */
  readonly goesToOut: boolean;
  /** A reduced loss is a float64 whatever the element type is. */
  readonly isNumber: boolean;
  /** The largest error in ulp of float32. */
  readonly ulps: number;
}

/** A call with all its numbers, which can be made again and again. */
export interface Plan {
  readonly functionName: string;
  readonly args: readonly PlannedArray[];
  readonly optionArrays: readonly PlannedArray[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly results: readonly PlannedResult[];
  /** The kind of container and the element type of the results. */
  readonly resultLike: ArraySpec;
}

/** Computes everything that the call needs and should give. */
export function plan(c: Case): Plan {
  if (elementwiseCalls.includes(c.call)) return planElementwise(c);
  if (isLoss(c.call)) return planLoss(c);
  return c.call.endsWith("Backward") ? planBackward(c) : planForward(c);
}

/** Rounds the numbers to those that the array can hold. */
function planArray(
  name: string,
  spec: ArraySpec,
  shape: readonly number[],
  values: Float64Array,
): PlannedArray {
  const fitting = usable(spec, shape);
  const repeated = fitting.container === "repeated" ? repeatFirst(values, shape) : values;
  return { name, spec: fitting, shape, values: rounded(repeated, fitting.type) };
}

/** Excludes strides of 0, which would make rows of probabilities that are none. */
function notRepeated(spec: ArraySpec): ArraySpec {
  return spec.container === "repeated" ? { ...spec, container: "shape" } : spec;
}

function makeInput(name: string, c: Case, rows: Rows): PlannedArray {
  const kind = { kind: c.kind, seed: c.seed };
  return planArray(name, c.input, c.shape, fromRows(makeRows(kind, rows.count, rows.size), rows));
}

/** Returns `axis` as a caller writes it. */
function axisOption(c: Case): Record<string, unknown> {
  const rank = c.shape.length;
  const axes = c.countsFromEnd ? c.axes.map((axis) => axis - rank) : c.axes;
  const isDefault = axes.length === 1 && axes[0] === -1;
  return isDefault ? {} : { axis: axes.length === 1 ? axes[0] : axes };
}

/** Writes the results of each row in row-major order. */
function gatherRows(rows: Rows, resultOf: (row: number) => readonly Expected[]): Expected[] {
  const all = new Array<Expected>(rows.positions.length);
  for (let r = 0; r < rows.count; r++) {
    resultOf(r).forEach((entry, j) => {
      all[rows.positions[r * rows.size + j]] = entry;
    });
  }
  return all;
}

function planForward(c: Case): Plan {
  const rows = rowsAlong(c.shape, c.axes);
  const x = makeInput("x", c, rows);
  const { temperature: asked = 1, whenEmpty, keepDims } = c.options;
  // The difference of the largest floats overflows.
  const temperature = features.temperatureOfHugeLogits || c.kind !== "huge" ? asked : 1;
  const base = { functionName: c.call, args: [x], resultLike: x.spec };
  if (c.call === "logSumExp") {
    const weights = c.options.weights && planWeights(c, rows);
    const shape = keepDims
      ? c.shape.map((size, axis) => (c.axes.includes(axis) ? 1 : size))
      : rows.shape;
    const expected = Array.from({ length: rows.count }, (_, r) =>
      reference.logSumExp(rowOf(x.values, rows, r), weights && rowOf(weights.values, rows, r)),
    );
    return {
      ...base,
      optionArrays: weights ? [weights] : [],
      options: { ...axisOption(c), ...(keepDims === undefined ? {} : { keepDims }) },
      results: [{ shape, expected, goesToOut: true, isNumber: shape.length === 0, ulps: 4 }],
    };
  }
  const compute = c.call === "softmax" ? reference.softmax : reference.logSoftmax;
  const expected = gatherRows(rows, (r) =>
    compute(rowOf(x.values, rows, r), temperature, whenEmpty === "zero"),
  );
  return {
    ...base,
    optionArrays: [],
    options: {
      ...axisOption(c),
      ...(c.options.temperature === undefined ? {} : { temperature }),
      ...(whenEmpty === undefined ? {} : { whenEmpty }),
    },
    results: [{ shape: c.shape, expected, goesToOut: true, isNumber: false, ulps: 7 }],
  };
}

function planWeights(c: Case, rows: Rows): PlannedArray {
  const r = random(c.seed + 1);
  const choices = c.options.weights === "mixed" ? [0, 1, 2, -0.25] : [0, 1, 0.5, 3];
  const values = Float64Array.from({ length: rows.positions.length }, () => choices[r.below(4)]);
  return planArray("weights", c.optionArrays, c.shape, values);
}

function planBackward(c: Case): Plan {
  const rows = rowsAlong(c.shape, c.axes);
  const isLog = c.call === "logSoftmaxBackward";
  const zeroWhenEmpty = c.options.whenEmpty !== "nan" && (!isLog || features.backwardOfEmptyRows);
  const logits = makeRows({ kind: c.kind, seed: c.seed }, rows.count, rows.size);
  const forward = isLog ? reference.logSoftmax : reference.softmax;
  const y = new Float64Array(logits.length);
  for (let r = 0; r < rows.count; r++) {
    const row = forward(logits.slice(r * rows.size, (r + 1) * rows.size), 1, zeroWhenEmpty);
    for (let j = 0; j < rows.size; j++) y[r * rows.size + j] = row[j].value;
  }
  const random0 = random(c.seed + 2);
  const factors = [
    1,
    1,
    ...(features.smallUpstream ? [1e-30] : []),
    ...(features.largeUpstream ? [1e30] : []),
  ];
  const factor = factors[random0.below(factors.length)];
  const g = logits.map(() => factor * random0.normal());
  const gradOutput = planArray("gradOutput", c.input, c.shape, fromRows(g, rows));
  const output = planArray("output", notRepeated(c.other), c.shape, fromRows(y, rows));
  const backward = isLog ? reference.logSoftmaxBackward : reference.softmaxBackward;
  const expected = gatherRows(rows, (r) =>
    backward(rowOf(gradOutput.values, rows, r), rowOf(output.values, rows, r)),
  );
  return {
    functionName: c.call,
    args: [gradOutput, output],
    optionArrays: [],
    options: axisOption(c),
    results: [{ shape: c.shape, expected, goesToOut: true, isNumber: false, ulps: 5 }],
    resultLike: gradOutput.spec,
  };
}

function planElementwise(c: Case): Plan {
  const rows = rowsAlong(c.shape, c.shape.length === 0 ? [] : [c.shape.length - 1]);
  const x = makeInput(c.call === "logAddExp" ? "a" : "x", c, rows);
  const base = { functionName: c.call, optionArrays: [], options: {}, resultLike: x.spec };
  const result = {
    shape: c.shape,
    goesToOut: true,
    isNumber: c.shape.length === 0,
    ulps: c.call === "logAddExp" ? 3 : 2.5,
  };
  if (c.call !== "logAddExp") {
    const compute = reference.elementwise[c.call as keyof typeof reference.elementwise];
    return {
      ...base,
      args: [x],
      results: [{ ...result, expected: Array.from(x.values, compute) }],
    };
  }
  const kind = { kind: c.kind, seed: c.seed + 3 };
  const values = fromRows(makeRows(kind, rows.count, rows.size), rows);
  const b = planArray("b", c.other, c.shape, values);
  const expected = Array.from(x.values, (a, i) => reference.logAddExp(a, b.values[i]));
  // The result takes after b where a is a single number.
  const resultLike = x.spec.container === "nested" && c.shape.length === 0 ? b.spec : x.spec;
  return { ...base, resultLike, args: [x, b], results: [{ ...result, expected }] };
}

function planLoss(c: Case): Plan {
  const rows = rowsAlong(c.shape, c.axes);
  const { count, size } = rows;
  const { options } = c;
  const r = random(c.seed + 4);
  const isCrossEntropy = c.call.startsWith("crossEntropy");
  const withGradient = c.call.endsWith("valueAndGrad");
  const reduction = options.reduction ?? "mean";
  const input = makeInput("input", c, rows);

  const target = makeTarget(c, rows, options.ignoreIndex ?? -100);
  const weight = options.weight && makeClassWeights(c, size);
  const sampleWeight = options.sampleWeight && makeSampleWeights(c, rows);
  const perLoss =
    options.gradOutput?.perLoss === true && reduction === "none" && rows.shape.length > 0;
  const upstream = planUpstream(c);
  const gradOutput = perLoss
    ? planArray(
        "gradOutput",
        c.optionArrays,
        rows.shape,
        Float64Array.from({ length: count }, () => upstream * r.normal()),
      )
    : undefined;

  const rowOptions: reference.RowOptions = {
    weight: weight?.values,
    labelSmoothing: options.labelSmoothing ?? 0,
    zeroWhenEmpty: options.whenEmpty === "zero",
    zLoss: options.zLoss ?? 0,
    softcap: options.softcap ?? Number.POSITIVE_INFINITY,
    skipMasked: options.skipMasked ?? false,
  };
  const sampleWeights = sampleWeight?.repeated ?? new Float64Array(count).fill(1);
  const divisors = new Float64Array(count);
  const lossOf = isCrossEntropy ? reference.crossEntropy : reference.nllLoss;
  const losses: RowLoss[] = [];
  for (let row = 0; row < count; row++) {
    const q = target.rowOf(row);
    losses.push(
      q === undefined
        ? reference.nothing(size)
        : lossOf(rowOf(input.values, rows, row), q, rowOptions),
    );
    const classWeight = target.isIndices && weight && q ? weight.values[q.indexOf(1)] : 1;
    divisors[row] = q === undefined ? 0 : sampleWeights[row] * classWeight;
  }
  const { value, gradients } = reference.reduce(losses, {
    reduction,
    sampleWeights,
    divisors,
    gradOutput: (row) => gradOutput?.values[row] ?? upstream,
    zeroWhenEmpty: rowOptions.zeroWhenEmpty,
  });

  const { gradOutput: _, weight: __, sampleWeight: ___, weights: ____, ...scalars } = options;
  const valueResult: PlannedResult = {
    field: withGradient ? "value" : undefined,
    shape: reduction === "none" ? rows.shape : [],
    expected: value,
    goesToOut: !withGradient,
    isNumber: reduction !== "none" || rows.shape.length === 0,
    ulps: 7,
  };
  const gradientResult: PlannedResult = {
    field: "grad",
    shape: c.shape,
    expected: gatherRows(rows, (row) => gradients[row]),
    goesToOut: true,
    isNumber: false,
    ulps: 7,
  };
  return {
    functionName: c.call,
    args: [input, target.array],
    optionArrays: [weight, sampleWeight?.array, gradOutput].filter((array) => array !== undefined),
    options: {
      ...axisOption(c),
      ...scalars,
      ...(options.gradOutput && !perLoss ? { gradOutput: upstream } : {}),
    },
    results: withGradient ? [valueResult, gradientResult] : [valueResult],
    resultLike: input.spec,
  };
}

function planUpstream({ options }: Case): number {
  const scale = options.gradOutput?.scale ?? 1;
  if (Math.abs(scale) < 1e-20 && scale !== 0 && !features.smallUpstream) return 1e-3;
  return Math.abs(scale) > 1e20 && !features.largeUpstream ? 1e3 : scale;
}

/** The targets, and the probabilities of each row: none if the row is ignored. */
interface PlannedTarget {
  readonly array: PlannedArray;
  readonly isIndices: boolean;
  rowOf(row: number): Float64Array | undefined;
}

function makeTarget(c: Case, rows: Rows, ignoreIndex: number): PlannedTarget {
  const { count, size } = rows;
  const r = random(c.seed + 5);
  const isIndices = c.target === "indices";
  if (!isIndices) {
    const probabilities = new Float64Array(count * size);
    for (let row = 0; row < count; row++) {
      const hot = r.below(size);
      for (let j = 0; j < size; j++) {
        const probability = r.uniform() < 0.3 ? 0 : r.uniform();
        probabilities[row * size + j] = c.target === "oneHot" ? Number(j === hot) : probability;
      }
    }
    const array = planArray("target", notRepeated(c.other), c.shape, fromRows(probabilities, rows));
    return { array, isIndices, rowOf: (row) => rowOf(array.values, rows, row) };
  }
  const spec = usable(c.other, rows.shape);
  const { max, signed } = elementTypes[spec.type as TypeName];
  const canBeIgnored = ignoreIndex <= max && (signed || ignoreIndex >= 0);
  // Without classes, every row is ignored, and the type must be able to say so.
  const type = size === 0 && !canBeIgnored ? "int32" : spec.type;
  const indices = Float64Array.from({ length: count }, () => {
    const isIgnored = size === 0 || (canBeIgnored && r.uniform() < 0.2);
    return isIgnored ? ignoreIndex : r.below(Math.min(size, max + 1));
  });
  const array = planArray("target", { ...spec, type }, rows.shape, indices);
  return {
    array,
    isIndices,
    rowOf(row) {
      const index = array.values[row];
      if (index === ignoreIndex) return undefined;
      const q = new Float64Array(size);
      q[index] = 1;
      return q;
    },
  };
}

function makeClassWeights(c: Case, size: number): PlannedArray {
  const r = random(c.seed + 6);
  const isExtreme =
    c.options.weight === "extreme" && features.smallUpstream && features.largeUpstream;
  // Halves cannot hold extreme weights.
  const isHalf = usable(c.optionArrays, [size]).type.includes("float16");
  const choices = isExtreme && !isHalf ? [1, 1e-30, 1e20, 0] : [1, 2, 0.5, 0];
  const values = Float64Array.from({ length: size }, () => choices[r.below(4)]);
  return planArray("weight", c.optionArrays, [size], values);
}

function makeSampleWeights(c: Case, rows: Rows) {
  const r = random(c.seed + 7);
  const isMask = c.seed % 2 === 0;
  const isRepeated = c.options.sampleWeight === "repeated";
  const shape = rows.shape.map((size, axis) =>
    isRepeated && axis === 0 ? Math.min(size, 1) : size,
  );
  const choices = isMask ? [0, 1, 1, 1] : [0, 1, 2, 0.5];
  const values = Float64Array.from({ length: product(shape) }, () => choices[r.below(4)]);
  const array = {
    ...planArray("sampleWeight", c.optionArrays, shape, values),
    // Nested arrays without elements cannot tell the sizes of their inner axes.
    asBooleans: isMask && c.seed % 3 === 0 && product(shape) > 0,
  };
  const step = Math.max(array.values.length, 1);
  const repeated = Float64Array.from({ length: rows.count }, (_, i) => array.values[i % step]);
  return { array, repeated };
}
