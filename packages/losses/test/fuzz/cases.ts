import * as fc from "fast-check";
import {
  type ArraySpec,
  canHold,
  containers,
  floatTypes,
  integerTypes,
  memories,
  type TypeName,
} from "./arrays.ts";
import { features } from "./features.ts";
import { product, type ValueKind, valueKinds } from "./values.ts";

/** One call, as plain data: it can be printed, made again and made smaller. */
export interface Case {
  readonly call: CallName;
  readonly kernels: "js" | "simd" | "relaxed";
  readonly shape: readonly number[];
  /** The axes of the rows; more than one only where a function takes a list. */
  readonly axes: readonly number[];
  readonly countsFromEnd: boolean;
  readonly kind: ValueKind;
  readonly seed: number;
  readonly input: ArraySpec;
  /** The second argument. */
  readonly other: ArraySpec;
  readonly target: "indices" | "probabilities" | "oneHot";
  readonly options: CaseOptions;
  /** How options that are arrays are passed. */
  readonly optionArrays: ArraySpec;
  readonly out: OutSpec;
}

export interface CaseOptions {
  readonly temperature?: number;
  readonly whenEmpty?: "nan" | "zero";
  readonly keepDims?: boolean;
  readonly weights?: "positive" | "mixed";
  readonly reduction?: "mean" | "sum" | "none";
  readonly weight?: "moderate" | "extreme";
  readonly ignoreIndex?: number;
  readonly labelSmoothing?: number;
  /** A number, or one for each loss times this one. */
  readonly gradOutput?: { readonly perLoss: boolean; readonly scale: number };
  readonly sampleWeight?: "full" | "repeated";
  readonly zLoss?: number;
  readonly softcap?: number;
  readonly skipMasked?: boolean;
}

export interface OutSpec {
  /** No `out`, one of its own, the very argument (`same`), or memory that an argument has too. */
  readonly kind: "none" | "own" | "same" | "overlapping";
  readonly container: ArraySpec["container"];
  readonly memory: ArraySpec["memory"];
  /** The argument that is shared. */
  readonly argument: number;
  /** The elements from the argument's first one to that of `out`. */
  readonly shift: number;
}

/** The options of each function that is called. */
export const calls = {
  softmax: ["temperature", "whenEmpty"],
  logSoftmax: ["temperature", "whenEmpty"],
  logSumExp: ["keepDims", "weights"],
  softmaxBackward: [],
  logSoftmaxBackward: [],
  sigmoid: [],
  logSigmoid: [],
  softplus: [],
  logAddExp: [],
  crossEntropy: [
    "reduction",
    "weight",
    "ignoreIndex",
    "labelSmoothing",
    "whenEmpty",
    "sampleWeight",
    "zLoss",
    "softcap",
    "skipMasked",
  ],
  nllLoss: ["reduction", "weight", "ignoreIndex", "labelSmoothing", "whenEmpty", "sampleWeight"],
  "crossEntropy.valueAndGrad": [
    "reduction",
    "weight",
    "ignoreIndex",
    "labelSmoothing",
    "whenEmpty",
    "gradOutput",
    "sampleWeight",
    "zLoss",
    "softcap",
    "skipMasked",
  ],
  "nllLoss.valueAndGrad": [
    "reduction",
    "weight",
    "ignoreIndex",
    "labelSmoothing",
    "whenEmpty",
    "gradOutput",
    "sampleWeight",
  ],
} satisfies Record<string, (keyof CaseOptions)[]>;

export type CallName = keyof typeof calls;

/** The functions that have no axis. */
export const elementwiseCalls: CallName[] = ["sigmoid", "logSigmoid", "softplus", "logAddExp"];

export const isLoss = (call: CallName) => /Entropy|Loss/.test(call);

const optionValues = {
  temperature: fc.constantFrom(1, 2, 0.5, 0.7, 16, 2 ** -8, 2 ** 8, 300, 1e-3),
  whenEmpty: fc.constantFrom("nan", "zero"),
  keepDims: fc.boolean(),
  weights: fc.constantFrom("positive", "mixed"),
  reduction: fc.constantFrom("mean", "sum", "none"),
  weight: fc.constantFrom("moderate", "extreme"),
  ignoreIndex: fc.constantFrom(-100, 0, 1, -1, 1000),
  labelSmoothing: fc.constantFrom(0, 0.1, 0.5, 1),
  gradOutput: fc.record({
    perLoss: fc.boolean(),
    scale: fc.constantFrom(1, 0, -2, 1e-3, 1e-30, 1e30),
  }),
  sampleWeight: fc.constantFrom("full", "repeated"),
  zLoss: fc.constantFrom(0, 1e-4, 1),
  softcap: fc.constantFrom(30, 1, 50),
  skipMasked: fc.boolean(),
} satisfies Record<keyof CaseOptions, fc.Arbitrary<unknown>>;

const available = {
  weights: features.logSumExpWeights,
  sampleWeight: features.sampleWeight,
  zLoss: features.zLoss,
  softcap: features.softcap,
  skipMasked: features.skipMasked,
} as Partial<Record<keyof CaseOptions, boolean>>;

/** The sizes on both sides of each border at which the kernels change their ways. */
const borders = [3, 4, 5, 8, 63, 64, 65, 128, 129, 255, 256, 257, 1023, 1024, 1025];
const longSizes = [1000, 4080, 32767, 32768, 32769, 65537, 100000, 131071, 131072, 131073, 200000];

const smallShapes = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.nat(5) }, { weight: 1, arbitrary: fc.nat(20) }), {
    maxLength: 4,
  })
  .filter((shape) => product(shape) <= 4000);

const borderShapes = fc.oneof(
  fc.tuple(fc.constantFrom(1, 2, 3, 4, 5, 7, 16, 17), fc.constantFrom(...borders)),
  fc.tuple(fc.constantFrom(...borders), fc.constantFrom(1, 2, 3, 5, 7)),
  fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(2, 3, 21, 257), fc.constantFrom(2, 4, 5, 63, 68)),
  fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(1024, 1025), fc.constantFrom(3)),
);

const longShapes = fc.oneof(
  fc.tuple(fc.constantFrom(...longSizes)),
  fc.tuple(fc.constantFrom(1, 2, 3), fc.constantFrom(...longSizes)),
  fc.tuple(fc.constantFrom(4079, 4080, 4081, 4096, 4099), fc.constantFrom(1, 2, 3, 5, 10)),
  fc.tuple(fc.constantFrom(2, 3, 5), fc.constantFrom(4080, 4084, 9001)),
  fc.tuple(fc.constantFrom(2), fc.constantFrom(21), fc.constantFrom(4096)),
  fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(1024, 1025), fc.constantFrom(68)),
  fc.tuple(fc.constantFrom(65536, 65537), fc.constantFrom(2)),
);

const arraySpecs = (types: TypeName[]) =>
  fc.record({
    container: fc.constantFrom(
      ...containers.filter(
        (name) =>
          (name !== "rows" || features.rows) && (name !== "fortranOrder" || features.fortranOrder),
      ),
    ),
    type: fc.constantFrom(...types),
    memory: fc.constantFrom(
      "plain",
      "plain",
      ...memories.filter((memory) => memory !== "foreign" || features.foreign),
    ),
  });

const floatArrays = arraySpecs(["float32", "float32", ...floatTypes]);
const numberArrays = arraySpecs([...floatTypes, ...integerTypes]);

const callNames = Object.keys(calls) as CallName[];

/** Calls with arguments and options that are right. `long` sets how many have long rows. */
export const cases = (long = 1): fc.Arbitrary<Case> =>
  fc
    .record({
      // The losses have the most options, so they are called most.
      call: fc.constantFrom(...callNames, ...callNames.filter(isLoss), ...callNames.filter(isLoss)),
      kernels: fc.constantFrom("js", "simd", "relaxed"),
      shape: fc.oneof(
        { weight: 60, arbitrary: smallShapes as fc.Arbitrary<number[]> },
        { weight: 30, arbitrary: borderShapes as fc.Arbitrary<number[]> },
        { weight: 3 * long, arbitrary: longShapes as fc.Arbitrary<number[]> },
      ),
      axes: fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }),
      isList: fc.boolean(),
      countsFromEnd: fc.boolean(),
      kind: fc.constantFrom(...valueKinds),
      seed: fc.nat(2 ** 31 - 1),
      input: floatArrays,
      otherFloats: floatArrays,
      otherNumbers: numberArrays,
      target: fc.constantFrom("indices", "indices", "probabilities", "oneHot"),
      options: fc.record(optionValues, { requiredKeys: [] }),
      optionFloats: floatArrays,
      out: fc.record({
        kind: fc.constantFrom("none", "own", "same", "overlapping"),
        container: fc.constantFrom(
          ...([
            "nested",
            "shape",
            "vector",
            "dims",
            "offset",
            "columnMajor",
            "gaps",
            "negative",
          ] as const),
        ),
        memory: fc.constantFrom("plain", "shared", "allocated"),
        argument: fc.nat(4),
        shift: fc.integer({ min: -24, max: 24 }),
      }),
    })
    .map(complete) as fc.Arbitrary<Case>;

// biome-ignore lint/suspicious/noExplicitAny: the record above, whose literals fast-check widens.
function complete(raw: any): Case {
  const { call, options, otherFloats, otherNumbers, optionFloats, isList, ...rest } = raw;
  const needsAxis = !elementwiseCalls.includes(call);
  const shape = needsAxis && raw.shape.length === 0 ? [3] : raw.shape;
  const all: number[] = raw.axes.map((axis: number) => axis % Math.max(shape.length, 1));
  const takesList = call === "logSumExp" || (features.axisList && !isLoss(call));
  const axes = [...new Set(isList && takesList ? all : all.slice(0, 1))];
  const classes = shape[axes[0]];
  const isClassLoss = isLoss(call);
  // A single class has no probabilities to choose, and no class at all takes ignored rows only.
  const target = isClassLoss && classes > 1 ? raw.target : "indices";
  const other =
    isClassLoss && target === "indices"
      ? otherNumbers
      : target === "oneHot"
        ? {
            ...otherNumbers,
            type: integerTypes.includes(otherNumbers.type) ? otherNumbers.type : "uint8",
          }
        : otherFloats;
  const names: (keyof CaseOptions)[] = calls[call as CallName].filter(
    (name) => available[name as keyof CaseOptions] !== false,
  );
  const chosen = Object.fromEntries(
    Object.entries(options).filter(([name]) => names.includes(name as never)),
  );
  if (target !== "indices" && (chosen.ignoreIndex as number) >= 0) delete chosen.ignoreIndex;
  return {
    ...rest,
    call,
    shape,
    axes,
    target,
    input: usable(raw.input, shape),
    other,
    options: chosen,
    optionArrays: optionFloats,
  };
}

/** Returns the spec, or a similar one that can hold this shape. */
export function usable(spec: ArraySpec, shape: readonly number[]): ArraySpec {
  if (canHold(spec, shape)) return spec;
  const shaped: ArraySpec = { ...spec, container: "shape" };
  if (canHold(shaped, shape)) return shaped;
  return {
    container: "shape",
    type: spec.type === "float16" ? "float32" : spec.type,
    memory: "plain",
  };
}
