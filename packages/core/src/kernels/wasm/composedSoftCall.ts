// One call of a function of the cross-entropy of every class, and the memory that its blocks pass through.
import { composedSoft } from "../../generated/composedSoft.ts";
import { composedSoftBytes } from "../../generated/memoryMap.ts";
import type { ClassFunction, ClassFunctionForm } from "../classFunctions.ts";
import { type Instance, type InstructionSet, instantiate, linkExports } from "./instance.ts";
import type { SoftOperands } from "./softCall.ts";

/** The bytes from a lane of a group to the next, from a vector to the next, and from a group to the next. */
export type GroupStrides = readonly [lane: number, vector: number, group: number];

/**
 * The exports of `assembly/composedSoft.ts`. Addresses are in bytes; q and out may be 0. `vectors` counts the vectors of
 * a group: four rows of so many classes, or one row of up to four times as many.
 */
export interface ComposedSoftExports {
  setCoefficients(scale: number, uniform: number, target: number, hasWeights: boolean): void;
  rowsOfForm(
    ...args: [
      ...form: KernelForm,
      x: number,
      q: number,
      out: number,
      ...strides: GroupStrides,
      classes: number,
      vectors: number,
      groups: number,
      isRow: boolean,
      areStored: boolean,
    ]
  ): void;
  rowTerms(
    ...args: [x: number, ...GroupStrides, vectors: number, groups: number, isRow: boolean]
  ): void;
  storeCoefficients(
    ...args: [
      q: number,
      ...GroupStrides,
      classes: number,
      vectors: number,
      groups: number,
      isRow: boolean,
    ]
  ): void;
  rowSums(
    ...args: [out: number, ...GroupStrides, vectors: number, groups: number, isRow: boolean]
  ): void;
}

/** A form of f as kernels know it: its number there, and its two parameters. */
export type KernelForm = readonly [form: number, a: number, b: number];

/** Returns the form of a function as kernels know it. */
export function kernelForm(form: ClassFunctionForm): KernelForm {
  switch (form.name) {
    case "focal":
      return [0, form.exponent, 0];
    case "linear":
      return [1, form.crossEntropy, form.complement];
    case "power":
      return [2, form.exponent, 1 / form.exponent];
  }
}

/** A call of a function of the cross-entropy, and the kernels that compute it. */
export interface ComposedSoftCall extends SoftOperands {
  readonly kernels: ComposedSoftExports;
  readonly loss: ClassFunction;
}

const instances = /* @__PURE__ */ new Map<InstructionSet, Instance>();

/** Returns the instance and the kernels of a call. Its memory has further arrays; an array that no call fills costs nothing. */
export function linkComposedSoft(
  instructionSet: InstructionSet,
): Pick<ComposedSoftCall, "instance" | "kernels"> {
  const instance = instances.get(instructionSet) ?? instantiate(instructionSet, composedSoftBytes);
  instances.set(instructionSet, instance);
  return { instance, kernels: linkExports<ComposedSoftExports>(instance, composedSoft) };
}

/** Where the rows of a staged block are. Strides are in floats. */
export interface StagedRows {
  /** Whether each row is a group, which has every fourth class in a lane. Otherwise four rows are. */
  readonly isRow: boolean;
  /** The classes of a row. */
  readonly size: number;
  /** The vectors of a group. */
  readonly vectors: number;
  readonly rowStride: number;
  readonly classStride: number;
}

/** Returns the strides of a block's groups. */
export function stridesOf({ isRow, rowStride, classStride }: StagedRows): GroupStrides {
  const [row, vector] = [4 * rowStride, 4 * classStride];
  return isRow ? [4, 16, row] : [row, vector, 4 * row];
}
