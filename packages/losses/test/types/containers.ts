// Compiled by types.test.ts, and by `scripts/checkTypes.mjs` with older compilers: what callers write.
import {
  allocate,
  type FloatInput,
  logSumExp,
  type NumberInput,
  type Output,
  type Reduced,
  softmax,
  type Tensor,
  tensor,
} from "@surprisal/core";
import {
  crossEntropy,
  defineElementLoss,
  type Gradient,
  type LossOptions,
  mseLoss,
} from "@surprisal/losses";

/** Whether two types are the same. */
type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function expectTrue<T extends true>(value: T): T {
  return value;
}

const floats = new Float32Array(2);
const doubles = new Float64Array(2);

// Results have the container and the memory of the argument.
const ofFloats: typeof floats = softmax(floats);
const ofDoubles: typeof doubles = softmax(doubles);
const ofTensor: Tensor<typeof floats> = softmax(tensor(floats, [1, 2]));
const ofRows: (typeof floats)[] = softmax([floats, floats]);
const ofNestedRows: (typeof doubles)[][] = softmax([[doubles]]);
const ofArray: number[][] = softmax([[1, 2]]);
const reducedRows: typeof floats = logSumExp([floats]);
const reducedNestedRows: (typeof doubles)[] = logSumExp([[doubles]]);
const allocated: Tensor<Float32Array> = softmax(allocate([1, 2]));
const nested: Tensor<typeof floats> = tensor([[1, 2]]);
const integers: Tensor<Int32Array> = tensor([new Int32Array(2), new Int32Array(2)]);
expectTrue<Equal<Output<Float32Array[]>, Output<Float32Array>[]>>(true);
expectTrue<Equal<Reduced<number[][]>, number[]>>(true);

// Losses have the axes of the argument with most of them.
const unreduced = { reduction: "none" } as const;
const sameAxes: typeof floats = mseLoss(floats, doubles, unreduced);
const moreAxes: number[][] = mseLoss([1], [[1], [2]], unreduced);
const ofSeveralAxes: Tensor<typeof floats> = mseLoss(floats, [[1], [2]], unreduced);
// @ts-expect-error the tensor may have several axes
const perhapsMore: typeof floats = mseLoss(floats, tensor(floats), unreduced);

// Options may be undefined, also under exactOptionalPropertyTypes.
softmax(floats, { axis: undefined, temperature: undefined, whenEmpty: undefined, out: undefined });
logSumExp(floats, { axis: undefined, keepDims: undefined, out: undefined });
tensor(floats, undefined);
crossEntropy(floats, 0, {
  axis: undefined,
  ignoreIndex: undefined,
  labelSmoothing: undefined,
  out: undefined,
  reduction: undefined,
  weight: undefined,
  whenEmpty: undefined,
});
crossEntropy.valueAndGrad(floats, 0, { gradOutput: undefined, reduction: undefined });

/** The tensor of ONNX Runtime. */
declare const ortTensor: {
  readonly data: Float32Array | Float64Array | Uint16Array | BigInt64Array | Uint8Array | string[];
  readonly dims: readonly number[];
  readonly type: "float32" | "int64";
};
softmax(ortTensor).shape;
crossEntropy(ortTensor, ortTensor);

/** The tensor of transformers.js, whose stride is a method. */
declare const transformersTensor: {
  // biome-ignore lint/suspicious/noExplicitAny: this is how transformers.js declares it.
  data: Float32Array | BigInt64Array | any[];
  dims: number[];
  type: string;
  size: number;
  stride(): number[];
};
softmax(transformersTensor);
crossEntropy(transformersTensor, transformersTensor);

/** An ndarray, and an array of npyjs. */
declare const ndarray: { data: Float64Array; shape: number[]; stride: number[]; offset: number };
declare const npyArray: {
  data: Float32Array;
  shape: number[];
  dtype: string;
  fortranOrder: boolean;
};
softmax(ndarray);
softmax(npyArray);
crossEntropy([floats], [new Int32Array(1)]);
crossEntropy([floats], new BigInt64Array(1));
crossEntropy([floats], [floats]);

// Gradients are known by the arguments' names. `out` may hold one container for each.
const gaussian = defineElementLoss<
  LossOptions & { weight?: NumberInput },
  [target: FloatInput, variance: FloatInput],
  "weight",
  "input" | "variance"
>({
  kind: "element",
  name: "gaussian",
  arguments: ["input", "target", "variance"],
  differentiable: ["input", "variance"],
  elementOptions: ["weight"],
  formula: () => ({ block() {} }),
});
const variances = new Float32Array(2);
const ofVariance: Gradient = gaussian.valueAndGrad(floats, 0, variances, {
  weight: [1, 2],
  differentiate: ["input", "variance"],
  out: { variance: variances },
}).grads.variance;
// @ts-expect-error the target has no gradient
gaussian.valueAndGrad(floats, 0, 1).grads.target;
// @ts-expect-error one argument has a gradient, `grad`
crossEntropy.valueAndGrad(floats, 0).grads.input;

// What throws does not compile.
// @ts-expect-error numbers are no typed array
softmax({ data: [1, 2, 3], shape: [3] });
// @ts-expect-error no shape
softmax({ data: floats });
// @ts-expect-error no shape either
crossEntropy(floats, { data: floats });
/** The pixels of a canvas. */
declare const imageData: { data: Uint8ClampedArray; width: number; height: number };
// @ts-expect-error no shape
softmax(imageData);
// @ts-expect-error integers as one vector
softmax(new Int32Array(2));
// @ts-expect-error integers as rows
softmax([new Int32Array(2)]);
// @ts-expect-error a promise
softmax(Promise.resolve(floats));
// @ts-expect-error a tensor of TensorFlow.js
softmax({ data: async () => floats, dataSync: () => floats, shape: [2], strides: [1] });
// @ts-expect-error a buffer
softmax(new ArrayBuffer(8));
// @ts-expect-error a set
softmax(new Set([1]));

export {
  allocated,
  integers,
  moreAxes,
  nested,
  ofArray,
  ofDoubles,
  ofFloats,
  ofNestedRows,
  ofRows,
  ofSeveralAxes,
  ofTensor,
  ofVariance,
  perhapsMore,
  reducedNestedRows,
  reducedRows,
  sameAxes,
};
