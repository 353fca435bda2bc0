import type { KernelArray, NumericArray } from "../types.ts";
import { newContainer, openNested } from "./containers.ts";
import {
  type OutputBuffer,
  plainDestination,
  readDestination,
  scatter,
  writableMemory,
} from "./destination.ts";
import { sizeOf } from "./layout.ts";
import type { ContainerKind, ElementType, NumberView } from "./readArray.ts";
import { checkAttached, isTypedArray, newArray } from "./typedArray.ts";

/** The kind and element type of a result: those of the argument that it corresponds to. */
export interface OutputSpec {
  readonly kind: ContainerKind;
  readonly elementType: ElementType;
  /** The argument's elements and shape, for the check that it has not changed since it was read. */
  readonly data?: NumericArray;
  readonly shape?: readonly number[];
}

/**
 * Returns the buffer for a result whose container is `out`, or a new one if that is undefined.
 *
 * `out` is checked, and not written to before `finish` unless `data` is its own memory. `inputs`
 * are the arrays that the kernel reads. If `out` is exactly one of them, the kernel computes in
 * place; if it overlaps one in any other way, `data` is separate memory.
 *
 * @param outName the name of `out` for errors.
 */
export function openOutput(
  functionName: string,
  out: unknown,
  shape: readonly number[],
  spec: OutputSpec,
  inputs: readonly ArrayBufferView[],
  outName = "out",
): OutputBuffer {
  const kind = kindOfResult(spec.kind, shape);
  if (out === undefined) {
    checkInputs(functionName, inputs, spec);
    const data = newResult(functionName, shape, spec.elementType);
    return { data, finish: () => newContainer(data, shape, kind, spec.elementType) };
  }
  // Only the getters of a tensor or of nested arrays can change an input.
  const lengths = isTypedArray(out) ? undefined : inputs.map(({ byteLength }) => byteLength);
  const label = `${functionName}: ${outName}`;
  const create = () => newResult(functionName, shape, spec.elementType);
  const output =
    kind === "nested" || kind === "rows"
      ? openNested(label, out, shape, kind, spec.elementType, create)
      : openArray(label, out, shape, kind, spec.elementType, inputs, create);
  checkInputs(functionName, inputs, spec, lengths);
  return output;
}

/** Returns the kind of a result: typed rows of one axis are a vector, and a result without axes is a number. */
function kindOfResult(kind: ContainerKind, shape: readonly number[]): ContainerKind {
  if (shape.length === 0) return "number";
  return kind === "rows" && shape.length === 1 ? "vector" : kind;
}

/**
 * Throws if an input has lost elements since it was read. The getters of later arguments can transfer
 * or shrink its buffer.
 *
 * @param lengths the lengths of the inputs in bytes, before `out` was read.
 */
function checkInputs(
  functionName: string,
  inputs: readonly ArrayBufferView[],
  { data, shape }: Pick<OutputSpec, "data" | "shape">,
  lengths?: readonly number[],
): void {
  const label = `${functionName}: an argument`;
  for (let i = 0; i < inputs.length; i++) {
    checkAttached(label, inputs[i] as NumericArray);
    if (lengths !== undefined && inputs[i].byteLength !== lengths[i]) throw shrunkError(label);
  }
  if (data !== undefined && shape !== undefined && data.length !== sizeOf(shape)) {
    throw shrunkError(label);
  }
}

function shrunkError(label: string): TypeError {
  return new TypeError(`${label} was detached or resized while other arguments were read.`);
}

/**
 * Throws if the data of an argument has become shorter than its shape. Functions that compute without an
 * output call it once everything has been read.
 */
export function checkUnchanged(functionName: string, views: readonly NumberView[]): void {
  for (const { data, shape } of views) {
    if (!isTypedArray(data)) continue;
    checkInputs(functionName, [data], { data, shape });
  }
}

/** Opens `out`, a float array or a tensor. */
function openArray(
  label: string,
  out: unknown,
  shape: readonly number[],
  kind: ContainerKind,
  elementType: ElementType,
  inputs: readonly ArrayBufferView[],
  create: () => KernelArray,
): OutputBuffer {
  const destination =
    plainDestination(out, shape, elementType) ?? readDestination(label, out, shape, elementType);
  const memory = writableMemory(destination, sizeOf(shape), inputs);
  const data = memory ?? create();
  const isOfKind = isTypedArray(out) === (kind === "vector");
  return {
    data,
    finish() {
      if (memory === undefined) scatter(data, destination);
      if (kind === "number") return data[0];
      if (isOfKind) return out;
      return kind === "tensor"
        ? { data: out, shape }
        : newContainer(data, shape, kind, elementType);
    },
    target: destination,
  };
}

function newResult(
  functionName: string,
  shape: readonly number[],
  elementType: ElementType,
): KernelArray {
  const Result = elementType === "float64" ? Float64Array : Float32Array;
  return newArray<KernelArray>(`${functionName}: the result`, Result, sizeOf(shape));
}
