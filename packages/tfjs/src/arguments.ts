import { formatValue } from "@surprisal/core/authoring";
import type { Tensor } from "@tensorflow/tfjs-core";

/** Returns whether a value is a tensor of TensorFlow.js, of any of the copies that a program may hold. */
export function isTensor(value: unknown): value is Tensor {
  return typeof value === "object" && value !== null && "dataSync" in value && "dtype" in value;
}

/**
 * Throws unless an argument is a tensor of numbers.
 *
 * @param usage the call with the names of all arguments.
 */
export function checkTensor(
  functionName: string,
  name: string,
  value: unknown,
  usage: string,
): asserts value is Tensor {
  if (!isTensor(value)) {
    const isArray = Array.isArray(value) || ArrayBuffer.isView(value);
    throw new TypeError(
      `${functionName}: ${name} must be a tensor of TensorFlow.js, got ${formatValue(value)}. Write ${isArray ? `tf.tensor(${name})` : usage}.`,
    );
  }
  if (value.isDisposed) {
    throw new TypeError(
      `${functionName}: ${name} must be a tensor with values, got one that has been disposed of. If tf.tidy does it, write tf.keep(${name}).`,
    );
  }
  if (value.dtype !== "float32" && value.dtype !== "int32" && value.dtype !== "bool") {
    throw new TypeError(
      `${functionName}: ${name} must be a tensor of float32, int32 or bool, got ${value.dtype}.`,
    );
  }
}

/** Returns the tensors of a call and what follows them: options, if anything. */
export function readArguments(
  functionName: string,
  names: readonly string[],
  args: readonly unknown[],
): [tensors: Tensor[], options: unknown] {
  const usage = `${functionName}(${[...names, "options"].join(", ")})`;
  const tensors = names.map((name, i) => {
    const value = args[i];
    checkTensor(functionName, name, value, usage);
    return value;
  });
  const options = args[names.length];
  if (isTensor(options)) {
    throw new TypeError(
      `${functionName}: the argument after ${names[names.length - 1]} must be options, got a tensor. Weights are options: { sampleWeight: weights.arraySync() } has one for each loss, and { weight: array } has one for each class, if the loss takes them.`,
    );
  }
  if (args.length > names.length + 1) {
    throw new TypeError(
      `${functionName}: at most ${names.length + 1} arguments are expected, got ${args.length}. Write ${usage}.`,
    );
  }
  return [tensors, options];
}
