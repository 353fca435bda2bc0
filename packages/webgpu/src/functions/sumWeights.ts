import type { Call } from "../call.ts";
import { parametersOf, wordsOf } from "../parameters.ts";
import { indexOfRow } from "../wgsl/losses.ts";
import { sumWeightsKernel, weightParameters } from "../wgsl/reduceSums.ts";
import { workgroupSize } from "../wgsl/variant.ts";
import { sumWords } from "../wgsl/workgroupSums.ts";
import type { ClassTarget } from "./classTarget.ts";
import { reduceSums } from "./reduction.ts";

/** The weights that rows have in the mean. */
export interface WeightedRows {
  readonly rows: number;
  readonly sampleWeight: GPUBuffer | undefined;
  /** The factor of the gradients before it is divided by the weights. */
  readonly factor: number;
  readonly whenEmpty: "nan" | "zero";
  /** Class indices, which tell what is ignored, and the weights of the classes. */
  readonly indices?: {
    readonly target: ClassTarget;
    readonly classes: number;
    readonly weight: GPUBuffer | undefined;
    readonly shiftPeriod: number;
  };
}

/** Computes the factor of the gradients of a mean, as a pair: it is divided by the sum of the weights. */
export function sumRowWeights(call: Call, weighted: WeightedRows): GPUBuffer {
  const { rows, sampleWeight, factor, whenEmpty, indices } = weighted;
  const workgroups = Math.ceil(rows / workgroupSize);
  const sums = call.scratch(workgroups * sumWords * 4);
  const gradScale = call.scratch(8);
  const values = {
    zero: 0,
    rows,
    classes: indices?.classes ?? 0,
    targetOffset: indices?.target.offset ?? 0,
    ...wordsOf(indices?.target.ignoreIndex ?? -1),
    hasTarget: Number(indices !== undefined),
    hasWeight: Number(indices?.weight !== undefined),
    hasSampleWeight: Number(sampleWeight !== undefined),
    indexType: indices?.target.indexType ?? 0,
    shiftPeriod: indices?.shiftPeriod ?? 0,
  };
  const unused = call.upload(new Uint32Array(1));
  const buffers = [
    indices?.target.buffer ?? unused,
    indices?.weight ?? unused,
    sampleWeight ?? unused,
    sums,
  ];
  const kernel = sumWeightsKernel(indexOfRow);
  call.dispatch(kernel, parametersOf(weightParameters, values), buffers, workgroups);
  reduceSums(call, sums, workgroups, gradScale, "scale", factor, whenEmpty);
  return gradScale;
}
