import type { GpuBuffer } from "./platformTypes.ts";

/** The type of a tensor's elements. */
export type GpuType = "float32" | "float16" | "int32" | "uint32" | "int64";

/** Elements that have been read from the GPU. */
export interface GpuData {
  readonly data: Float32Array | Float64Array | Int32Array | Uint32Array;
  readonly shape: readonly number[];
}

/** The type and the places of the elements of a buffer. */
export interface TensorOptions {
  /**
   * The type of the elements.
   *
   * @defaultValue "float32"
   */
  type?: GpuType | undefined;
  /**
   * The position of the first element in the buffer, in elements.
   *
   * @defaultValue 0
   */
  offset?: number | undefined;
  /** The distance between neighbours along each axis, in elements. The default is row-major. */
  strides?: readonly number[] | undefined;
}

/** An array on the GPU. `Value` is what `read` returns: a number for a tensor of rank 0. */
export interface GpuTensor<Value = number | GpuData> {
  readonly shape: readonly number[];
  readonly type: GpuType;
  /** The memory of the elements. */
  readonly buffer: GpuBuffer;
  /** The position of the first element, in elements. */
  readonly offset: number;
  readonly strides: readonly number[];
  /**
   * Waits for the GPU and copies the elements to the CPU. Elements of a float16 tensor become float32,
   * and those of an int64 tensor float64, which is exact up to 2⁵³.
   *
   * @throws GpuError if the call that made the tensor failed, or the device is lost.
   * @throws RangeError if a target on the GPU that the call read is not a class.
   */
  read(): Promise<Value>;
  /** Frees the memory, if the tensor made it. A buffer that was wrapped stays as it is. */
  destroy(): void;
}
