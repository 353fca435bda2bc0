import { sizeOf } from "@surprisal/core/authoring";
import type { Call } from "../call.ts";
import { parametersOf, wordsOf } from "../parameters.ts";
import { dispatchRows, unusedParameters } from "../rowPlan.ts";
import type { TensorRecord } from "../tensor.ts";
import { columnSumParameters, columnSumsKernel } from "../wgsl/columnSums.ts";
import {
  type RowBuffer,
  type RowParameters,
  type RowVariant,
  workgroupSize,
} from "../wgsl/variant.ts";
import { sumWords } from "../wgsl/workgroupSums.ts";
import { type BlockSize, blockSize, recordBytes } from "./blockSize.ts";
import { coefficientsOf, lossParameters } from "./classLoss.ts";
import type { LinearProblem } from "./linearProblem.ts";
import { multiply, type Operand, operandOf } from "./multiply.ts";

/** The results of a call, and what they need. */
export interface BlockOutputs {
  /** Receives each loss; undefined if they are added. */
  readonly losses: GPUBuffer | undefined;
  readonly fault: GPUBuffer;
  readonly gradScale?: GPUBuffer;
  readonly hasUpstream: boolean;
  /** The gradients that are asked for. */
  readonly gradients: Readonly<Record<string, TensorRecord>>;
}

/** A block of logits. */
interface Block {
  readonly firstRow: number;
  readonly rows: number;
  readonly firstClass: number;
  readonly classes: number;
}

/**
 * Computes the losses, and the gradients that are asked for. The logits of some rows are made block by block for
 * their statistics, and once more for the gradients, unless one block holds all of them.
 *
 * @returns the sums of the losses, and their number.
 */
export function runBlocks(
  call: Call,
  problem: LinearProblem,
  outputs: BlockOutputs,
): { sums: GPUBuffer; count: number } {
  const { rows: allRows, classes: vocabulary } = problem.loss.layout;
  const size = blockSize(allRows, vocabulary);
  const sumsPerBlock = Math.ceil(size.rows / workgroupSize);
  const count = Math.ceil(allRows / size.rows) * sumsPerBlock;
  const sums = call.scratch(count * sumWords * 4);
  const hasGradients = Object.keys(outputs.gradients).length > 0;
  const buffers = {
    logits: call.scratch(size.rows * size.columns * 4),
    gradLogits: hasGradients ? call.scratch(size.rows * size.columns * 4) : undefined,
    partials: call.scratch(size.rows * size.across * recordBytes),
    joined: call.scratch(size.rows * recordBytes),
    losses: outputs.losses ?? sums,
  };
  if (allRows === 0) {
    const { weight, bias } = outputs.gradients;
    for (const gradient of [weight, bias]) if (gradient !== undefined) clear(call, gradient);
  }
  const run = blockRunner(call, problem, outputs, size, buffers);
  for (let firstRow = 0; firstRow < allRows; firstRow += size.rows) {
    const rows = Math.min(size.rows, allRows - firstRow);
    const blocks: Block[] = Array.from({ length: size.across }, (_, i) => {
      const firstClass = i * size.columns;
      const classes = Math.min(size.columns, vocabulary - firstClass);
      return { firstRow, rows, firstClass, classes };
    });
    for (const [i, block] of blocks.entries()) {
      run.logits(block);
      run.statistics(block, i);
    }
    run.losses(blocks[0], (firstRow / size.rows) * sumsPerBlock);
    if (!hasGradients) continue;
    for (const block of blocks) {
      if (blocks.length > 1) run.logits(block);
      run.gradients(block);
    }
  }
  return { sums, count: allRows === 0 ? 0 : count };
}

/** Writes 0 to all elements of a row-major tensor: the sum over no rows. */
function clear(call: Call, { gpuBuffer, shape }: TensorRecord): void {
  const columns = sizeOf(shape);
  const values = { zero: 0, rows: 0, columns, stride: 0, outputOffset: 0, accumulates: 0 };
  call.dispatch(
    columnSumsKernel,
    parametersOf(columnSumParameters, values),
    [call.scratch(4), gpuBuffer],
    Math.ceil(columns / workgroupSize),
  );
}

interface BlockBuffers {
  readonly logits: GPUBuffer;
  readonly gradLogits: GPUBuffer | undefined;
  readonly partials: GPUBuffer;
  readonly joined: GPUBuffer;
  readonly losses: GPUBuffer;
}

/** Returns functions that add the kernels of a block to the call. */
function blockRunner(
  call: Call,
  problem: LinearProblem,
  outputs: BlockOutputs,
  size: BlockSize,
  { logits, gradLogits, partials, joined, losses }: BlockBuffers,
) {
  const { hidden, weight, bias, depth, loss } = problem;
  const { target, sampleWeight } = loss;
  const { input, weight: gradWeight, bias: gradBias } = outputs.gradients;
  const coefficients = coefficientsOf(loss);
  const readsSoftVectors =
    coefficients !== "probabilities" || (loss.layout.classes % 4 === 0 && target.offset % 4 === 0);
  const variant: RowVariant = {
    result: "partial",
    fromPartials: false,
    vectors: readsSoftVectors,
    inputType: "float32",
    entropy: false,
    transform: "none",
    interleaved: false,
    ...loss.variant,
    coefficients,
    group: workgroupSize,
    subgroups: call.context.subgroups,
    blocked: true,
  };
  const shared: RowParameters = {
    ...unusedParameters,
    ...lossParameters(loss),
    outerStride: size.columns,
    vocabulary: loss.layout.classes,
    hasUpstream: Number(outputs.hasUpstream),
  };
  const buffers: Partial<Record<RowBuffer, GPUBuffer>> = {
    input: logits,
    targets: target.buffer,
    ...(loss.weight && { weight: loss.weight }),
    ...(sampleWeight.buffer && { sampleWeight: sampleWeight.buffer }),
    ...(outputs.gradScale && { gradScale: outputs.gradScale }),
    partials,
    joined,
    losses,
    fault: outputs.fault,
  };
  const rowsOf = ({ firstRow, rows, firstClass, classes }: Block): RowParameters => ({
    ...shared,
    firstRow,
    rows: firstRow + rows,
    classOffset: firstClass,
    classes,
  });
  const position = {
    hasTarget: Number(target.kind === "indices"),
    hasSampleWeight: Number(sampleWeight.buffer !== undefined),
    targetOffset: target.offset,
    ...wordsOf(target.ignoreIndex),
    indexType: target.indexType,
    shiftPeriod: shared.shiftPeriod,
  };
  const hiddenOf = operandOf(hidden, depth);
  const weightOf = operandOf(weight, depth);
  const ofBlock = (buffer: GPUBuffer): Operand => ({
    buffer,
    type: "float32",
    offset: 0,
    stride: size.columns,
    vectors: true,
  });

  return {
    /** Computes the logits of a block. */
    logits({ firstRow, rows, firstClass, classes }: Block) {
      multiply(
        call,
        { rows, columns: classes, depth },
        { ...hiddenOf, offset: hiddenOf.offset + firstRow * depth },
        { ...weightOf, offset: weightOf.offset + firstClass * depth, transposed: true },
        { buffer: logits, offset: 0, stride: size.columns, accumulates: false },
        bias && { buffer: bias, offset: firstClass },
      );
    },
    /** Computes the statistics of a block's rows. */
    statistics(block: Block, index: number) {
      const parameters = { ...rowsOf(block), parts: size.across, block: index };
      dispatchRows(call, variant, parameters, { ...buffers, output: partials }, block.rows);
    },
    /** Joins the statistics of a row's blocks and computes the losses. */
    losses(block: Block, sumPlace: number) {
      const joining = {
        ...variant,
        result: "loss",
        fromPartials: true,
        group: 1,
        subgroups: false,
      } as const;
      const parameters = { ...rowsOf(block), parts: size.across, sumPlace };
      dispatchRows(call, joining, parameters, buffers, Math.ceil(block.rows / workgroupSize));
    },
    /** Computes the gradients of a block's logits, and adds what follows from them. */
    gradients(block: Block) {
      if (gradLogits === undefined) return;
      const { firstRow, rows, firstClass, classes } = block;
      const gradient = { ...variant, result: "gradient", fromPartials: true } as const;
      const bound = { ...buffers, partials: joined, output: gradLogits };
      dispatchRows(call, gradient, rowsOf(block), bound, rows);
      const accumulatesRows = firstRow > 0;
      if (input !== undefined) {
        multiply(
          call,
          { rows, columns: depth, depth: classes },
          ofBlock(gradLogits),
          { ...weightOf, offset: weightOf.offset + firstClass * depth },
          {
            buffer: input.gpuBuffer,
            offset: firstRow * depth,
            stride: depth,
            accumulates: firstClass > 0,
          },
        );
      }
      if (gradWeight !== undefined) {
        multiply(
          call,
          { rows: classes, columns: depth, depth: rows },
          { ...ofBlock(gradLogits), transposed: true },
          { ...hiddenOf, offset: hiddenOf.offset + firstRow * depth },
          {
            buffer: gradWeight.gpuBuffer,
            offset: firstClass * depth,
            stride: depth,
            accumulates: accumulatesRows,
          },
          undefined,
          {
            parameters: { ...position, firstRow },
            buffers: [target.buffer, sampleWeight.buffer ?? target.buffer],
          },
        );
      }
      if (gradBias !== undefined) {
        const values = {
          zero: 0,
          rows,
          columns: classes,
          stride: size.columns,
          outputOffset: firstClass,
          accumulates: Number(accumulatesRows),
        };
        call.dispatch(
          columnSumsKernel,
          parametersOf(columnSumParameters, values),
          [gradLogits, gradBias.gpuBuffer],
          Math.ceil(classes / workgroupSize),
        );
      }
    },
  };
}
