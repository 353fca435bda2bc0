import type { Layout } from "../arrays/layout.ts";
import type { KernelArray } from "../types.ts";
import type { ElementKernelName } from "./elementInterface.ts";
import type { ComposedRowData, RowData } from "./rowData.ts";

/**
 * The operations that every backend computes.
 *
 * Arrays are row-major and contiguous; `layout` says along which axis the rows run. `out` and
 * `gradient` may be the same elements as an input: an implementation reads a row before it writes it.
 */
export interface Kernels {
  /** out = exp(x/T) / Σ exp(x/T); a row of only −∞ is filled with `empty`. */
  softmax(
    x: KernelArray,
    out: KernelArray,
    layout: Layout,
    temperature: number,
    empty: number,
  ): void;

  /** out = x/T − log Σ exp(x/T); a row of only −∞ is filled with `empty`. */
  logSoftmax(
    x: KernelArray,
    out: KernelArray,
    layout: Layout,
    temperature: number,
    empty: number,
  ): void;

  /** out[row] = log Σ exp(x). */
  logSumExp(x: KernelArray, out: KernelArray, layout: Layout): void;

  /** out = y · (g − Σ g·y) for softmax's output y and the upstream gradient g. */
  softmaxBackward(g: KernelArray, y: KernelArray, out: KernelArray, layout: Layout): void;

  /** out = g − exp(y) · Σ g for logSoftmax's output y and the upstream gradient g. */
  logSoftmaxBackward(g: KernelArray, y: KernelArray, out: KernelArray, layout: Layout): void;

  /**
   * Computes −log softmax(x)[target] of each row, and gradient = gradScale · (softmax(x) − one-hot).
   * A row of target −1 has value 0 and gradient 0.
   */
  crossEntropy(
    x: KernelArray,
    layout: Layout,
    rowData: RowData,
    gradient: KernelArray | undefined,
  ): void;
}

/** The same operations for some inputs only: each returns whether it computed the call. */
export type PartialKernels = {
  readonly [Name in keyof Kernels]: (...args: Parameters<Kernels[Name]>) => boolean;
};

/**
 * A backend of another package. It is asked before the others, which compute the calls that it declines.
 */
export interface RegisteredBackend extends Partial<PartialKernels> {
  readonly sparsemax?: PartialKernels["softmax"];
  readonly sparsemaxBackward?: PartialKernels["softmaxBackward"];
  /** Computes a call that the compiled kernels support. */
  readonly softCrossEntropy?: SoftCrossEntropyKernel;
  /** Computes a call that the compiled kernels support. */
  readonly softcapCrossEntropy?: SoftcapCrossEntropyKernel;
  /** Computes a function of the elements of one or two arrays that the compiled kernels support. */
  elementwise?(
    name: ElementKernelName,
    inputs: readonly Float32Array[],
    out: Float32Array,
    count: number,
  ): boolean;
  /**
   * Computes the whole blocks of a loss of elements or vectors. Returns the sum of each block's losses, which may be
   * anything if they are stored; undefined if it declines the call.
   */
  blockLoss?(call: BlockLossCall): Float64Array | undefined;
  /** Computes a loss that is a function of each row's cross-entropy. Returns whether it did. */
  composedCrossEntropy?(call: ComposedCrossEntropyCall): boolean;
  /** Computes a loss of classes by the formula of its rows. Returns whether it did. */
  classFormula?(call: ClassFormulaCall): boolean;
  /** Adds a product of matrices to C; see `gemmKernel`. */
  gemm?(a: Matrix, b: Matrix, c: Matrix, transposed: TransposedFactor): boolean;
  /** Copies numbers to the start of an array, where this is faster than `set`. Returns whether it did. */
  copy?(to: KernelArray, from: KernelArray): boolean;
  /** Returns zeros in memory that suits this backend, or undefined if any memory does. */
  allocate?(length: number): Float32Array | undefined;
}

/** A loss of this project, as another thread finds it. */
export interface NamedLoss {
  readonly name: string;
  /** The version of the package that has the loss. */
  readonly version: string;
  /** The loss's own options. */
  readonly options: object;
  /** The number of elements of a vector, if it is a loss of vectors. */
  readonly size?: number | undefined;
}

/** An axis along which the elements of an array are at equal distances: 0 if the axis repeats one element. */
export interface StridedAxis {
  readonly size: number;
  readonly stride: number;
}

/** An argument of a loss of elements or vectors, or an option that is an array. */
export interface BlockInput {
  readonly data: ArrayLike<number>;
  /**
   * The axes of the array along the numbers of all blocks; undefined if the array has one number for each in their
   * order, or one for each vector.
   */
  readonly axes?: readonly StridedAxis[] | undefined;
}

/** The axes of an input among the numbers that all blocks share, and the index of its first number there. */
export interface SharedPlace {
  readonly offset: number;
  readonly axes: readonly StridedAxis[];
}

/** Where a block finds an input: it has a part of its own, or all blocks share the whole. null if it is not given. */
export type InputPlace = "own" | SharedPlace | null;

/** Whole blocks on which a loss is computed. */
export interface BlockLossArrays {
  /** The blocks' parts of inputs, in their order. */
  readonly inputs: readonly Float32Array[];
  /** The inputs that all blocks share, one after another. */
  readonly shared?: Float32Array | undefined;
  /** The numbers of the call that the blocks compute. */
  readonly start: number;
  readonly end: number;
  /**
   * Receive ∂loss / ∂argument times a factor, in the order of the arguments; undefined for gradients that the call does
   * not want. A gradient may be the same elements as an argument.
   */
  readonly gradients: readonly (Float32Array | undefined)[];
  /** One weight per loss. */
  readonly sampleWeight?: KernelArray | undefined;
  /** Receives the losses of elements, if they are not summed. */
  readonly losses?: Float32Array | undefined;
  /** Receives the sum of each block's losses, or the losses of vectors if they are stored. */
  readonly values: Float64Array;
}

/** A call of a loss in float32 whose losses are only summed, block by block, or only stored. */
export interface BlockLossCall {
  readonly loss: NamedLoss;
  /** The length of arguments that are not repeated. */
  readonly length: number;
  /** The numbers of such an argument that make one block. */
  readonly blockLength: number;
  /**
   * The arguments, then the options that are arrays, then the upstream gradients if there is one per loss. Those that are
   * not given are undefined.
   */
  readonly inputs: readonly (BlockInput | undefined)[];
  /** The arrays of the arguments' gradients; undefined for gradients that the call does not want. */
  readonly gradients: readonly (KernelArray | undefined)[];
  /** One weight per loss, if the call has weights. */
  readonly sampleWeight: Float64Array | undefined;
  /**
   * The factor of all gradients, without weights; undefined if the call wants no gradient, or there is one upstream
   * gradient per loss.
   */
  readonly gradScale: number | undefined;
  /** The array of the losses, if they are stored. */
  readonly losses: KernelArray | undefined;
  /**
   * Computes the losses of the numbers from `start` to `end`, and their gradients, on the calling thread. `values` are
   * those of `BlockLossArrays`.
   */
  compute(start: number, end: number, values: Float64Array): void;
}

/** A call of a loss of classes that has a formula of one row. */
export interface ClassFormulaCall {
  readonly loss: NamedLoss;
  readonly x: KernelArray;
  readonly layout: Layout;
  readonly targets: SoftTargets;
  readonly rows: RowData;
  readonly gradient: KernelArray | undefined;
  /** Computes rows on the calling thread. */
  readonly kernel: SoftCrossEntropyKernel;
}

/** A call of a loss that is a function of each row's cross-entropy, with class indices. */
export interface ComposedCrossEntropyCall {
  readonly loss: NamedLoss;
  /** The number of rows if `x` is in float32, else 0. */
  readonly total: number;
  readonly x: KernelArray;
  readonly layout: Layout;
  readonly rows: RowData;
  readonly gradient: KernelArray | undefined;
  /** Computes rows on the calling thread. */
  readonly kernel: Kernels["crossEntropy"];
}

/**
 * The coefficients cⱼ of the classes in a cross-entropy: cⱼ = wⱼ · ((1 − ε) · qⱼ + ε / C), where q is a row of
 * class probabilities, or the one-hot row of a class index.
 */
export interface SoftTargets {
  /** The class probabilities, in the layout of the logits; undefined for class indices. */
  readonly probabilities: ArrayLike<number> | undefined;
  /** w: one weight per class. */
  readonly weight: KernelArray | undefined;
  /** ε, from 0 to 1. */
  readonly labelSmoothing: number;
  /** The factor of logSumExp(x)², which is added to each loss. */
  readonly zLoss: number;
  /** s: each logit x becomes s · tanh(x / s), rounded to float32. Without a softcap it is Infinity. */
  readonly softcap: number;
  /**
   * Whether masked classes, whose logit is −∞, are no classes of their row: C counts the others, and q is spread over
   * them. A softcap leaves −∞ as it is then.
   */
  readonly skipMasked: boolean;
  /**
   * Whether weights and label smoothing are known to be in the range of the kernels: a block of a call that has been
   * checked need not check them again.
   */
  readonly areInRange?: boolean;
  /**
   * Receives the bitwise or of all probabilities, as integers of 32 bits, before the kernel returns true. Probabilities
   * are read from memory once if a kernel does both.
   */
  readonly receiveBits?: ((bits: number) => void) | undefined;
}

/**
 * Computes Σ c · (logSumExp(x) − x) + zLoss · logSumExp(x)² of each row, and
 * gradient = gradScale · ((Σ c + 2 · zLoss · logSumExp(x)) · softmax(x) − c).
 *
 * A class of coefficient 0 contributes nothing, even if its loss is infinite. A row of target −1, and one
 * with no other coefficients, has value 0 and gradient 0.
 *
 * @returns whether it computed the call: it leaves small inputs and those of float64 to the caller.
 */
export type SoftCrossEntropyKernel = (
  x: KernelArray,
  layout: Layout,
  targets: SoftTargets,
  rowData: RowData,
  gradient: KernelArray | undefined,
) => boolean;

/** A function f of the cross-entropy of a class, computed for many classes at once. */
export interface ClassFunction {
  /** Its form, if it is one that kernels compute. */
  readonly form?: ClassFunctionForm | undefined;
  /**
   * Replaces the first `count` cross-entropies c by f(c). With `derivatives` it also writes f′(c). `p` is e^(−c), the
   * probability of the class, and `complement` is 1 − p. c may be 0, ∞ or NaN. Where it is ∞, f and f′ must not be NaN. It
   * must not call a kernel. It is not called for a known form.
   */
  replaceByLosses(
    values: Float64Array,
    p: Float64Array,
    complement: Float64Array,
    count: number,
    derivatives: Float64Array | undefined,
  ): void;
}

/** The forms of f that kernels compute, of the cross-entropy c and the probability p. */
export type ClassFunctionForm =
  /** (1 − p)^exponent · c, for a whole number of at least 1. */
  | { readonly name: "focal"; readonly exponent: number }
  /** crossEntropy · c + complement · (1 − p). No factor is negative, so that nothing cancels. */
  | { readonly name: "linear"; readonly crossEntropy: number; readonly complement: number }
  /** (1 − p^exponent) / exponent. */
  | { readonly name: "power"; readonly exponent: number };

/**
 * Computes Σ c · f(−log p) of each row, p = softmax(x), and gradient = gradScale · (p · Σ s − s) with
 * s = c · f′(−log p), in float64. Coefficients are those of `SoftCrossEntropyKernel`; there is no zLoss.
 *
 * Probabilities below 4e-308 are 0. With an upstream gradient above 2⁵⁰⁰ their gradients may not be: `hasGradScaleAbove`
 * finds such calls.
 *
 * @returns whether it computed the call: it leaves inputs of float64, and options that it does not have, to the caller.
 * The number of rows and the logits do not decide it, so that blocks of a call are computed alike.
 */
export type ComposedSoftCrossEntropyKernel = (
  x: KernelArray,
  layout: Layout,
  targets: SoftTargets,
  rowData: RowData,
  gradient: KernelArray | undefined,
  loss: ClassFunction,
) => boolean;

/** What replaces each logit x by s · tanh(x / s). */
export interface Softcap {
  /** s. */
  readonly cap: number;
  /** Whether a masked logit (−∞) stays −∞ instead of becoming −s. */
  readonly keepsMasked: boolean;
}

/** Computes the cross-entropy of each row, and its gradient times a factor that depends on the value. */
export type ComposedCrossEntropyKernel = (
  x: KernelArray,
  layout: Layout,
  rowData: ComposedRowData,
  gradient: KernelArray | undefined,
) => void;

/**
 * Computes the cross-entropy of capped logits, which are rounded to float32, and its gradient by the logits;
 * see `Kernels`.
 *
 * @returns whether it computed the call: it leaves small inputs and those of float64 to the caller.
 */
export type SoftcapCrossEntropyKernel = (
  x: KernelArray,
  layout: Layout,
  rowData: RowData,
  gradient: KernelArray | undefined,
  softcap: Softcap,
) => boolean;

/** A row-major matrix of `rows` × `columns` numbers. */
export interface Matrix {
  readonly data: KernelArray;
  readonly rows: number;
  readonly columns: number;
  /** The numbers from the start of a row to the start of the next; by default `columns`, without gaps. */
  readonly stride?: number | undefined;
}

/** The factor of a product that is stored transposed, if one is. */
export type TransposedFactor = "a" | "b" | undefined;
