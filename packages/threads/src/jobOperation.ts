// What a worker computes for a job: an operation, which for a named loss includes the loss's function.
import type {
  BlockLossArrays,
  InputPlace,
  Kernels,
  NamedLoss,
  SoftCrossEntropyKernel,
} from "@surprisal/core/authoring";
import { type Control, type Job, noArray } from "./control.ts";
import { lossOfText } from "./namedLoss.ts";
import { maxInputs, operationNumber, scalarParametersOf } from "./operations.ts";
import type { Block } from "./partition.ts";
import type { BlockOperation } from "./privateBuffers.ts";
import { weightsIn } from "./rows.ts";

type ComputeBlockLoss = (arrays: BlockLossArrays, gradScale: number | undefined) => void;

/** The losses that a worker computes by their name. */
export interface Losses {
  readonly version: string;
  blockLossNamed(
    loss: Omit<NamedLoss, "version">,
    places: readonly InputPlace[],
    isStored: boolean,
  ): ComputeBlockLoss;
  composedLossNamed(name: string, options: object, total: number): Kernels["crossEntropy"];
  formulaLossNamed(name: string, options: object): SoftCrossEntropyKernel;
}

/** Returns the operation of a block. */
export type OperationOfBlock = (block: Block) => BlockOperation;

/**
 * Returns a function that returns the operation of each block of a job.
 *
 * The text of a loss may be that of the next job already. The results then count for nothing, because no task of this job is left
 * to this thread.
 */
export function operationOfJob(
  job: Job,
  { loss: text }: Control,
  losses: Losses,
  buffers: ReadonlyMap<number, SharedArrayBuffer>,
): OperationOfBlock {
  const { operation, isAllocated, lossBytes, total } = job;
  const weightBuffer = buffers.get(job.weightMemory);
  const weight = weightBuffer && weightsIn(weightBuffer, job.weightBytes, job.weightCount);
  const call = {
    operation,
    isAllocated: isAllocated === 1,
    weight,
    ...scalarParametersOf(job),
  };
  if (lossBytes === 0) return () => call;
  const loss = lossOfText(text.subarray(0, lossBytes));
  if (operation === operationNumber("composedCrossEntropy")) {
    const rowKernel = losses.composedLossNamed(loss.name, loss.options, total);
    return () => ({ ...call, rowKernel });
  }
  if (operation === operationNumber("classFormula")) {
    const formulaKernel = losses.formulaLossNamed(loss.name, loss.options);
    return () => ({ ...call, formulaKernel });
  }
  const { places = [], isStored = false } = loss.form ?? {};
  return blockLossOfJob(job, call, losses.blockLossNamed(loss, places, isStored), buffers);
}

/** Returns the same for a loss of elements or vectors, whose blocks have their own weights and values. */
function blockLossOfJob(
  { gradScale, outer, size, buffers: arrays, sharedMemory }: Job,
  call: BlockOperation,
  compute: ComputeBlockLoss,
  buffers: ReadonlyMap<number, SharedArrayBuffer>,
): OperationOfBlock {
  const sharedBuffer = buffers.get(sharedMemory);
  const shared = sharedBuffer && new Float32Array(sharedBuffer);
  // The first output is the array of the losses.
  const hasGradient = arrays.slice(maxInputs + 1).some((number) => number !== noArray);
  const { weight } = call;
  const weightsPerRow = (weight?.length ?? 0) / outer;
  return ({ offset, length, values: count }) => {
    const [start, end] = [offset, offset + length];
    const [first, last] = [start / size, end / size].map((row) => row * weightsPerRow);
    return {
      ...call,
      weight: weight?.subarray(first, last),
      computeBlocks(parts) {
        const values = new Float64Array(count);
        compute({ ...parts, shared, start, end, values }, hasGradient ? gradScale : undefined);
        return values;
      },
    };
  };
}
