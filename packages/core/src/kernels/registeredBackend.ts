// What a backend of another package may compute, and the calls that it is asked for.
import type { Layout } from "../arrays/layout.ts";
import type { KernelArray } from "../types.ts";
import type { ElementKernelName } from "./elementInterface.ts";
import type { Kernels, PartialKernels } from "./interface.ts";
import type { Matrix, TransposedFactor } from "./matrices.ts";
import type { RowData } from "./rowData.ts";
import type {
  SoftCrossEntropyKernel,
  SoftcapCrossEntropyKernel,
  SoftTargets,
} from "./softInterface.ts";

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
