import type { AxisLayout } from "./axisLayout.ts";
import type { Call } from "./call.ts";
import { emptyBitsOf, parametersOf } from "./parameters.ts";
import type { TensorRecord } from "./tensor.ts";
import { rowKernel } from "./wgsl/rows.ts";
import { tileVectors } from "./wgsl/statistics.ts";
import {
  isOnePerRow,
  type RowBuffer,
  type RowParameters,
  type RowResult,
  type RowVariant,
  rowBuffers,
  rowParameters,
  workgroupSize,
} from "./wgsl/variant.ts";

/** The task of a row kernel. */
export interface RowTask {
  readonly result: Exclude<RowResult, "partial">;
  readonly input: TensorRecord;
  readonly layout: AxisLayout;
  readonly buffers: Partial<Record<RowBuffer, GPUBuffer>>;
  readonly variant: Partial<RowVariant>;
  readonly parameters: Partial<RowParameters>;
  /** Whether the other arrays of the input's shape can be read and written in vectors. */
  readonly vectors?: boolean;
}

/** How the rows are divided among threads. */
export interface RowPlan {
  readonly vectors: boolean;
  readonly group: number;
  readonly parts: number;
  readonly partVectors: number;
  readonly workgroups: number;
}

/** Fewer rows than this do not occupy a GPU with one workgroup each. */
const enoughWorkgroups = 256;
/** The number of tiles that each thread of a part reads at least. */
const minTilesOfPart = 2;

/** The parameters of a call that has no options. */
export const unusedParameters: RowParameters = {
  ...(Object.fromEntries(Object.keys(rowParameters).map((name) => [name, 0])) as RowParameters),
  inner: 1,
  classStride: 1,
  parts: 1,
  scale: 1,
  inverse: 1,
  emptyBits: emptyBitsOf.nan,
  ignoreLow: 0xffffffff,
  ignoreHigh: 0xffffffff,
  kept: 1,
};

/** Divides the rows among threads: several short rows per workgroup, or several workgroups per long row. */
export function planRows(
  input: TensorRecord,
  layout: AxisLayout,
  allowVectors: boolean,
  wholeWorkgroup = false,
): RowPlan {
  const { rows, classes, inner } = layout;
  const vectors = allowVectors && readsVectors(input, layout);
  const count = Math.ceil((classes + 3) / 4);
  const useful = wholeWorkgroup
    ? workgroupSize
    : Math.min(workgroupSize, powerOfTwo(Math.ceil(count / tileVectors)));
  // Neighbouring threads read neighbouring rows where the rows are not contiguous.
  const group = inner > 1 ? Math.min(useful, powerOfTwo(Math.ceil(16384 / rows))) : useful;
  const partTiles = workgroupSize * tileVectors * minTilesOfPart;
  const parts =
    group === workgroupSize
      ? Math.max(
          1,
          Math.min(Math.floor(count / partTiles), Math.floor(enoughWorkgroups / rows), 64),
        )
      : 1;
  return {
    vectors,
    group,
    parts,
    partVectors: Math.ceil(count / parts),
    workgroups: Math.ceil((rows * group) / workgroupSize),
  };
}

function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, least)));
}

/**
 * Returns whether four elements of a row can be read at once, at the places that they have in a row-major array.
 * The last vector must be in the buffer as a whole.
 */
export function readsVectors(
  { type, offset, gpuBuffer }: TensorRecord,
  { rows, classes, inner, outerStride, classStride }: AxisLayout,
): boolean {
  if (inner !== 1 || classStride !== 1 || offset % 4 !== 0) return false;
  if (rows > 1 && (outerStride - classes) % 4 !== 0) return false;
  const end = offset + (rows - 1) * outerStride + classes;
  const vectorBytes = type === "float16" ? 8 : 16;
  return Math.ceil(end / 4) <= Math.floor(gpuBuffer.size / vectorBytes);
}

/** Adds the kernels of a task to a call. */
export function runRows(call: Call, task: RowTask): void {
  const { input, layout, result } = task;
  if (layout.rows === 0) return;
  const plan = planRows(input, layout, task.vectors !== false, result === "top");
  const variant: RowVariant = {
    result,
    fromPartials: plan.parts > 1,
    vectors: plan.vectors,
    inputType: input.type === "float16" ? "float16" : "float32",
    entropy: result === "entropy",
    transform: "none",
    coefficients: "none",
    interleaved: layout.inner > 1,
    blocked: false,
    ...task.variant,
    group: plan.group,
    subgroups: call.context.subgroups && plan.group === workgroupSize,
  };
  const parameters: RowParameters = {
    ...unusedParameters,
    rows: layout.rows,
    classes: layout.classes,
    inner: layout.inner,
    offset: input.offset,
    outerStride: layout.outerStride,
    classStride: layout.classStride,
    innerStride: layout.innerStride,
    parts: plan.parts,
    partVectors: plan.partVectors,
    ...task.parameters,
  };
  if (plan.parts === 1) {
    dispatchRows(
      call,
      variant,
      parameters,
      { ...task.buffers, input: input.gpuBuffer },
      plan.workgroups,
    );
    return;
  }
  const partials = call.scratch(layout.rows * plan.parts * 48);
  const buffers = { ...task.buffers, input: input.gpuBuffer, partials };
  const partial: RowVariant = { ...variant, result: "partial", fromPartials: false };
  const workgroups = layout.rows * plan.parts;
  dispatchRows(call, partial, parameters, { ...buffers, output: partials }, workgroups);
  if (result === "top") {
    dispatchRows(call, variant, parameters, buffers, layout.rows);
    return;
  }
  const isScalar = isOnePerRow(result);
  if (isScalar || result === "gradient") {
    // One thread joins a row's parts.
    const joining = { ...variant, result: isScalar ? result : "loss", group: 1, subgroups: false };
    dispatchRows(call, joining, parameters, buffers, Math.ceil(layout.rows / workgroupSize));
  }
  if (!isScalar) dispatchRows(call, variant, parameters, buffers, workgroups);
}

/** Returns the number of sums that the kernels of a loss store, one for the rows of each workgroup. */
export function countSums(input: TensorRecord, layout: AxisLayout, allowVectors: boolean): number {
  const { parts, workgroups } = planRows(input, layout, allowVectors);
  return parts === 1 ? workgroups : Math.ceil(layout.rows / workgroupSize);
}

/** Adds a row kernel to a call. */
export function dispatchRows(
  call: Call,
  variant: RowVariant,
  parameters: RowParameters,
  buffers: Partial<Record<RowBuffer, GPUBuffer>>,
  workgroups: number,
): void {
  const values = parametersOf(rowParameters, parameters);
  // What a call does not have is never read; the input takes its place.
  const bound = rowBuffers(variant).map(([name]) => (buffers[name] ?? buffers.input) as GPUBuffer);
  call.dispatch(rowKernel(variant), values, bound, workgroups);
}
