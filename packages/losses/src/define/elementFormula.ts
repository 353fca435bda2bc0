import type { BlockOutputs, KernelArray } from "@surprisal/core/authoring";
import { checkReturned } from "./checkReturned.ts";

/**
 * A function of one element of each argument, in the order of the arguments, then of each of the
 * `elementOptions`.
 */
export type ElementFunction = (...elements: number[]) => number;

/** The loss of one element and its derivatives. */
export interface ElementFormula {
  readonly loss: ElementFunction;
  /** ∂loss / ∂argument, by the argument's name. The first argument must have one. */
  readonly gradients: Readonly<Record<string, ElementFunction>>;
}

/** The results of a block: `count` losses, and their derivatives where they are asked for. */
export interface ElementBlock {
  /** The number of elements. Arrays may be longer. The formula ignores their further elements. */
  readonly count: number;
  /** Receives the loss of each element. It holds NaN, or anything if the loss `neverThrows`. */
  readonly losses: KernelArray;
  /**
   * Receive ∂loss / ∂argument, by the argument's name; undefined if no gradient is asked for. They hold
   * zeros, or anything if the loss `neverThrows`. The first argument's is always there. Another's is
   * missing if the argument holds integers, or the call leaves it out of `differentiate`.
   */
  readonly gradients: Readonly<Record<string, KernelArray>> | undefined;
}

/**
 * The losses of a block of elements, and their derivatives.
 *
 * All arrays are Float32Array if the loss's first argument holds float32 (or float16), else Float64Array.
 * They are copies: a formula may overwrite the arguments.
 */
export interface ElementBlockFormula {
  /**
   * Computes a block, given one array per argument in the order of the arguments, then one per name in
   * `elementOptions`: undefined if the option is not given.
   */
  block(block: ElementBlock, ...elements: KernelArray[]): void;
}

/** The part of its arrays that a kernel computes, and where the results go. */
export interface KernelBlock {
  /** The index of the first element in all arrays. The default is 0. */
  readonly start?: number;
  /** The number of elements. Arrays may be longer. */
  readonly count: number;
  /** Receives the loss of each element; undefined if only their sum is wanted. */
  readonly losses?: KernelArray;
  /** Receive ∂loss / ∂argument times `scale`, as in `ElementBlock`. They may be the memory of an argument. */
  readonly gradients: Readonly<Record<string, KernelArray>> | undefined;
  /** The factor of the gradients. */
  readonly scale: number;
}

/** The key of a formula's kernel. Formulas of authors may have any other keys. */
export const kernel: unique symbol = /* @__PURE__ */ Symbol("kernel");

/** Computes a block of an element loss; see `KernelFormula`. */
export type ElementKernel = (block: KernelBlock, ...elements: KernelArray[]) => number | undefined;

/** A formula of blocks that has a kernel. `block` computes the calls that the kernel leaves. */
export interface KernelFormula extends ElementBlockFormula {
  /**
   * Computes a block of float32, given the arrays that `block` gets. It overwrites nothing but its results: arguments may
   * be the caller's memory.
   *
   * @returns the sum of the losses; undefined if it has computed nothing.
   */
  readonly [kernel]: ElementKernel;
}

/** Returns the outputs of a kernel whose arguments are called input and target. */
export function pairOutputs({ losses, gradients, scale, start }: KernelBlock): BlockOutputs {
  return { losses, gradX: gradients?.input, gradY: gradients?.target, scale, start };
}

/** Returns the kernel of a formula that has one. */
export function kernelOf(formula: ElementBlockFormula | KernelFormula): ElementKernel | undefined {
  return kernel in formula ? formula[kernel] : undefined;
}

/**
 * Computes a block, by the formula's kernel if it has one that computes this call.
 *
 * @returns the sum of the losses if the kernel has computed them. It includes elements that fill the last vector of four.
 */
export function computeBlock(
  formula: ElementBlockFormula | KernelFormula,
  block: ElementBlock,
  elements: readonly KernelArray[],
): number | undefined {
  const { count, losses, gradients } = block;
  const sum = kernelOf(formula)?.({ count, losses, gradients, scale: 1 }, ...elements);
  if (sum === undefined) formula.block(block, ...elements);
  return sum;
}

/** Returns whether an author's formula is one of blocks. */
export function isBlockFormula(
  formula: ElementFormula | ElementBlockFormula | undefined,
): formula is ElementBlockFormula {
  return typeof (formula as Partial<ElementBlockFormula> | undefined)?.block === "function";
}

/** Returns the block formula that calls a formula of single elements for each. */
export function blockFormulaOf(functionName: string, formula: ElementFormula): ElementBlockFormula {
  return {
    block({ count, losses, gradients }, ...elements) {
      mapElements(formula.loss, `${functionName}: the loss`, elements, losses, count);
      for (const name in gradients) {
        const label = `${functionName}: gradients.${name}`;
        mapElements(formula.gradients[name], label, elements, gradients[name], count);
      }
    },
  };
}

/** Writes the values of a function for each element of the arguments and options. */
function mapElements(
  evaluate: ElementFunction,
  label: string,
  elements: readonly (KernelArray | undefined)[],
  values: KernelArray,
  count: number,
): void {
  const call = callerOf(evaluate, elements);
  for (let i = 0; i < count; i++) {
    const value = call(i);
    if (typeof value !== "number") checkReturned(label, value);
    values[i] = value;
  }
}

/** Returns a function that calls `evaluate` with element i of each array, and with nothing else. */
function callerOf(
  evaluate: ElementFunction,
  elements: readonly (KernelArray | undefined)[],
): (i: number) => number {
  const [a, b, c, d] = elements as readonly KernelArray[];
  // A spread takes five times as long.
  switch (elements.includes(undefined) ? 0 : elements.length) {
    case 1:
      return (i) => evaluate(a[i]);
    case 2:
      return (i) => evaluate(a[i], b[i]);
    case 3:
      return (i) => evaluate(a[i], b[i], c[i]);
    case 4:
      return (i) => evaluate(a[i], b[i], c[i], d[i]);
    default:
      return (i) => evaluate(...elements.map((array) => array?.[i] as number));
  }
}
