// Tensors are read and written where the backend has them. A copy of a large tensor takes longer than its loss.
import type { Tensor as Container, TensorLike } from "@surprisal/core";
import {
  backend,
  engine,
  type Scalar,
  scalar,
  type Tensor,
  type TensorInfo,
  tensor,
} from "@tensorflow/tfjs-core";

/** The wasm backend, as far as its memory is concerned. */
interface HeapBackend {
  readonly dataIdMap: { has(dataId: object): boolean };
  /** Allocates a tensor. The memory may grow, which detaches earlier views. */
  makeOutput(shape: number[], dtype: "float32"): TensorInfo;
  typedArrayFromHeap(info: TensorInfo): Float32Array | Int32Array | Uint8Array;
}

/** A tensor to compute, and the view of its memory. */
export interface Result {
  readonly container: { readonly data: Float32Array; readonly shape: readonly number[] };
  /** Returns the tensor, once the view is complete. */
  finish(): Tensor;
}

/**
 * Returns a tensor of TensorFlow.js as a container. The elements are read synchronously, which the cpu and the
 * wasm backend can do; on a GPU it would stop the program until the GPU has finished.
 *
 * On the wasm backend, the container is a view that the next allocation of a tensor may detach.
 */
export function readTensor(input: Tensor): TensorLike {
  const heap = heapBackend();
  const isThere = !input.isDisposed && input.size > 0 && heap?.dataIdMap.has(input.dataId);
  const data = (isThere ? heap?.typedArrayFromHeap(input) : input.dataSync()) as Float32Array;
  // On the cpu backend, a tensor that was cast from integers to floats still has the array of integers.
  const isCast = input.dtype === "float32" && !(data instanceof Float32Array);
  return { data: isCast ? Float32Array.from(data) : data, shape: [...input.shape] };
}

/** Makes an uninitialized tensor on the active backend. */
export function newResult(shape: readonly number[]): Result {
  const size = shape.reduce((product, length) => product * length, 1);
  const heap = heapBackend();
  if (heap === undefined || size === 0) {
    const data = new Float32Array(size);
    return { container: { data, shape }, finish: () => tensor(data, [...shape]) };
  }
  const info = heap.makeOutput([...shape], "float32");
  const result = engine().makeTensorFromTensorInfo(info);
  const data = heap.typedArrayFromHeap(info) as Float32Array;
  return { container: { data, shape }, finish: () => result };
}

/** Copies a result to a tensor of the active backend. */
export function toTensor(result: unknown, shape?: readonly number[]): Tensor {
  if (typeof result === "number") {
    return shape === undefined || shape.length === 0
      ? (scalar(result) as Scalar)
      : tensor([result], [...shape]);
  }
  const { data, shape: own } = result as Container<Float32Array>;
  return tensor(data, [...own]);
}

/** Returns the active backend if tensors can be viewed in its memory. */
function heapBackend(): HeapBackend | undefined {
  const active = backend() as unknown as Partial<HeapBackend>;
  const hasHeap =
    active.dataIdMap !== undefined &&
    typeof active.makeOutput === "function" &&
    typeof active.typedArrayFromHeap === "function";
  return hasHeap ? (active as HeapBackend) : undefined;
}
