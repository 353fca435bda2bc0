import { sizeOf } from "@surprisal/core/authoring";
import { axisParameters, mergeAxes, repeatedStrides } from "../broadcast.ts";
import type { Call } from "../call.ts";
import { parametersOf } from "../parameters.ts";
import {
  arraysOf,
  type ElementVariant,
  type ElementWeight,
  elementBuffers,
  elementKernel,
  elementParameters,
} from "../wgsl/elements.ts";
import type { ElementArguments, ElementArray } from "./elementArguments.ts";
import { type ElementFormula, type ElementLossName, elementFormulas } from "./elementFormulas.ts";
import type { ParsedElementOptions } from "./elementLoss.ts";
import type { Upstream } from "./reduction.ts";

/** A device need not let a kernel use more buffers than this. */
const mostBuffers = 8;

/** The task of the kernels of a loss of single elements. */
export interface ElementTask {
  readonly name: ElementLossName;
  readonly args: ElementArguments;
  readonly weights: Partial<Record<ElementWeight, ElementArray>>;
  readonly options: ParsedElementOptions;
  readonly upstream: Upstream | undefined;
  /** The arguments whose gradients are computed. */
  readonly selected: readonly string[];
  /** The buffers that are written, and that of the factor of the gradients. */
  readonly buffers: Readonly<Record<string, GPUBuffer>>;
  readonly workgroups: number;
}

/** Adds the kernel of the losses and gradients, or two where one would need too many buffers. */
export function dispatchElements(call: Call, task: ElementTask): void {
  const { name, args, options, upstream, selected, workgroups } = task;
  const formula: ElementFormula = elementFormulas[name];
  const weights = Object.keys(task.weights) as ElementWeight[];
  const arrays = [args.input, args.target, ...(Object.values(task.weights) as ElementArray[])];
  const { axes, vectors } = readingOf(arrays, args.shape);
  const { types, values } = axisParameters("axis", axes);
  const [a = 0, b = 0, c = 0] = formula.parameters?.(options as Record<string, number>) ?? [];
  const offsets = arraysOf(weights).map((array, i) => [`${array}Offset`, arrays[i].offset]);
  const parameters = parametersOf(
    { ...elementParameters, ...types },
    {
      ...noNumbers,
      count: sizeOf(args.shape),
      ...{ a, b, c },
      hasUpstream: Number(upstream !== undefined && "buffer" in upstream),
      reduces: Number(options.reduction !== "none"),
      ...Object.fromEntries(offsets),
      ...values,
    },
  );
  const all: ElementVariant = {
    name,
    formula: formula.wgsl + (selected.includes("target") ? formula.targetWgsl : ""),
    storesLosses: true,
    gradients: selected as ElementVariant["gradients"],
    weights,
    axes: axes.length,
    vectors,
  };
  const buffers: Record<string, GPUBuffer> = { ...task.buffers };
  for (const [i, array] of arraysOf(weights).entries()) buffers[array] = arrays[i].buffer;
  for (const variant of withinBuffers(all)) {
    const bound = elementBuffers(variant).map(([buffer]) => buffers[buffer]);
    call.dispatch(elementKernel(variant), parameters, bound, workgroups);
  }
}

const noNumbers = Object.fromEntries(
  Object.keys(elementParameters).map((name) => [name, 0]),
) as Record<keyof typeof elementParameters, number>;

/** Returns how the arrays are read: in vectors, or each at its own distances along axes. */
function readingOf(arrays: readonly ElementArray[], shape: readonly number[]) {
  const count = sizeOf(shape);
  const axes = mergeAxes(
    shape,
    arrays.map((array) => repeatedStrides(array, shape)),
  );
  const isAdjacent =
    axes.length === 0 || (axes.length === 1 && axes[0].strides.every((stride) => stride === 1));
  if (!isAdjacent) return { axes, vectors: false };
  return { axes: [], vectors: arrays.every((array) => readsVectors(array, count)) };
}

/** Returns whether four elements can be read at once. The last vector must be in the buffer as a whole. */
function readsVectors({ offset, buffer }: ElementArray, count: number): boolean {
  return offset % 4 === 0 && Math.ceil((offset + count) / 4) * 16 <= buffer.size;
}

/** Returns the variant, or one for each gradient if it needs too many buffers. */
function withinBuffers(all: ElementVariant): ElementVariant[] {
  if (elementBuffers(all).length <= mostBuffers) return [all];
  return [
    { ...all, gradients: ["input"] },
    { ...all, gradients: ["target"], storesLosses: false },
  ];
}
