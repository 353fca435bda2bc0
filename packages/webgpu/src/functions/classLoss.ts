import type { AxisLayout } from "../axisLayout.ts";
import type { Call } from "../call.ts";
import { bufferUsage } from "../constants.ts";
import { createBuffer } from "../context.ts";
import { emptyBitsOf, splitPair, wordsOf } from "../parameters.ts";
import { countSums, runRows } from "../rowPlan.ts";
import type { TensorCheck, TensorRecord } from "../tensor.ts";
import type { RowParameters, RowVariant } from "../wgsl/variant.ts";
import { sumWords } from "../wgsl/workgroupSums.ts";
import { openOutput } from "./arguments.ts";
import type { ClassTarget, RowWeights } from "./classTarget.ts";
import { openGradients } from "./gradients.ts";
import { reduceSums, type Upstream } from "./reduction.ts";
import { sumRowWeights } from "./sumWeights.ts";

/** The arguments of a loss over classes, read and checked. */
export interface ClassLossCall {
  readonly input: TensorRecord;
  readonly layout: AxisLayout;
  readonly target: ClassTarget;
  readonly weight: GPUBuffer | undefined;
  readonly sampleWeight: RowWeights;
  readonly reduction: "mean" | "sum" | "none";
  readonly labelSmoothing: number;
  readonly skipMasked: boolean;
  readonly whenEmpty: "nan" | "zero";
  readonly zLoss: number;
  readonly variant: Partial<RowVariant>;
  readonly parameters: Partial<RowParameters>;
  /** The shape of the losses. */
  readonly shape: readonly number[];
}

/** The same of losses whose logits are not in memory. */
export type RowLosses = Omit<ClassLossCall, "input">;

/** Computes the loss, and its gradient where the upstream gradient is given. */
export function runClassLoss(
  call: Call,
  loss: ClassLossCall,
  upstream: Upstream | undefined,
  out: unknown,
): { value: TensorRecord; grad: TensorRecord | undefined } {
  const { input, layout, target, reduction, whenEmpty } = loss;
  const { rows } = layout;
  const check = target.isUnchecked ? makeCheck(call, layout.classes, target.name) : undefined;
  const fault = check?.buffer ?? call.scratch(4);
  const isReduced = reduction !== "none";
  const grad =
    upstream &&
    openGradients(call, ["input"], [{ name: "input", shape: input.shape }], out, check).input;
  const valueShape = isReduced ? [] : loss.shape;
  const value = openOutput(call, upstream ? undefined : out, valueShape, { check });
  const allowVectors = target.kind === "indices" || holdsVectors(target, layout);
  const count = countSums(input, layout, allowVectors);
  const losses = isReduced ? call.scratch(count * sumWords * 4) : value.gpuBuffer;
  const parameters = lossParameters(loss);
  const gradScale = upstream && prepareGradScale(call, loss, upstream, parameters);
  runRows(call, {
    result: upstream ? "gradient" : "loss",
    input,
    layout,
    vectors: allowVectors,
    buffers: {
      targets: target.buffer,
      ...(loss.weight && { weight: loss.weight }),
      ...(loss.sampleWeight.buffer && { sampleWeight: loss.sampleWeight.buffer }),
      losses,
      fault,
      ...(grad && { output: grad.gpuBuffer }),
      ...(gradScale && { gradScale }),
    },
    variant: { ...loss.variant, coefficients: coefficientsOf(loss) },
    parameters: {
      ...parameters,
      hasUpstream: Number(upstream !== undefined && "buffer" in upstream),
    },
  });
  if (isReduced) {
    reduceSums(call, losses, rows === 0 ? 0 : count, value.gpuBuffer, reduction, 1, whenEmpty);
  }
  return { value, grad };
}

/** Returns whether four probabilities can be read at once: the last vector must be in the buffer as a whole. */
function holdsVectors({ buffer, offset }: ClassTarget, { rows, classes }: AxisLayout): boolean {
  return offset % 4 === 0 && Math.ceil((offset + rows * classes) / 4) * 16 <= buffer.size;
}

/** Returns how the classes of a row have coefficients. */
export function coefficientsOf({ target, labelSmoothing }: RowLosses): RowVariant["coefficients"] {
  if (target.kind === "probabilities") return "probabilities";
  return labelSmoothing > 0 ? "smoothing" : "none";
}

/** Returns the parameters of kernels that compute losses. */
export function lossParameters(loss: RowLosses): Partial<RowParameters> {
  const { layout, target, weight, sampleWeight, labelSmoothing, skipMasked, reduction } = loss;
  return {
    targetOffset: target.offset,
    ...wordsOf(target.ignoreIndex),
    indexType: target.indexType,
    kept: 1 - labelSmoothing,
    spread: skipMasked ? labelSmoothing : labelSmoothing / layout.classes,
    zLoss: loss.zLoss,
    emptyBits: emptyBitsOf[loss.whenEmpty],
    hasWeight: Number(weight !== undefined),
    hasSampleWeight: Number(sampleWeight.buffer !== undefined),
    skipsMasked: Number(skipMasked),
    reduces: Number(reduction !== "none"),
    ...loss.parameters,
  };
}

/** Returns the buffer of the factor of the gradients, which the mean divides by the weights of all rows. */
export function prepareGradScale(
  call: Call,
  loss: RowLosses,
  upstream: Upstream,
  parameters: Partial<RowParameters>,
): GPUBuffer {
  if ("buffer" in upstream) return upstream.buffer;
  const { layout, target, weight, sampleWeight, reduction, whenEmpty } = loss;
  if (reduction !== "mean") return call.upload(Float32Array.from(splitPair(upstream.number)));
  return sumRowWeights(call, {
    rows: layout.rows,
    sampleWeight: sampleWeight.buffer,
    factor: upstream.number,
    whenEmpty,
    ...(target.kind === "indices" && {
      indices: {
        target,
        classes: layout.classes,
        weight,
        shiftPeriod: parameters.shiftPeriod ?? 0,
      },
    }),
  });
}

/**
 * Makes the word in which kernels note the first row whose class index is not a class.
 *
 * @param name the argument that holds the indices, in errors.
 */
export function makeCheck(call: Call, classes: number, name: string): TensorCheck {
  const { functionName, context } = call;
  const buffer = createBuffer(
    functionName,
    context,
    4,
    bufferUsage.storage | bufferUsage.copySource,
    true,
  );
  new Uint32Array(buffer.getMappedRange()).fill(0xffffffff);
  buffer.unmap();
  return {
    buffer,
    tensors: new Set(),
    error: (row) =>
      new RangeError(
        `${functionName}: ${name} at row ${row} is neither a whole number from 0 to ${classes - 1} nor ignoreIndex.`,
      ),
  };
}
