import { formatValue } from "@surprisal/core/authoring";
import type { Call } from "../call.ts";
import { isTensor, type TensorCheck, type TensorRecord } from "../tensor.ts";
import { openOutput } from "./arguments.ts";

/** An argument that has a gradient. */
export interface Differentiable {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * Opens one tensor for each gradient of a call: those of `out`, or new ones.
 *
 * @param names the arguments that the loss can differentiate, the first one's name first.
 * @param selected those whose gradients are computed.
 * @param out the tensor of the first gradient, or tensors by the argument's name.
 */
export function openGradients(
  call: Call,
  names: readonly string[],
  selected: readonly Differentiable[],
  out: unknown,
  check?: TensorCheck,
): Record<string, TensorRecord> {
  const outs = outsByName(call.functionName, names, selected, out);
  const gradients: Record<string, TensorRecord> = {};
  for (const { name, shape } of selected) {
    const label = outs[name] === out ? "out" : `out.${name}`;
    const gradient = openOutput(call, outs[name], shape, { check, name: label });
    for (const [other, { gpuBuffer }] of Object.entries(gradients)) {
      if (gpuBuffer !== gradient.gpuBuffer) continue;
      throw new RangeError(
        `${call.functionName}: out.${other} and out.${name} must not overlap in memory.`,
      );
    }
    gradients[name] = gradient;
  }
  return gradients;
}

function outsByName(
  functionName: string,
  names: readonly string[],
  selected: readonly Differentiable[],
  out: unknown,
): Readonly<Record<string, unknown>> {
  const isByName =
    typeof out === "object" &&
    out !== null &&
    !isTensor(out) &&
    names.some((name) => Object.hasOwn(out, name));
  if (!isByName) return { [names[0]]: out };
  const outs: Record<string, unknown> = {};
  for (const [name, tensor] of Object.entries(out)) {
    if (!names.includes(name)) {
      throw new TypeError(
        `${functionName}: out holds ${formatValue(name)}, expected names from ${names.join(", ")}.`,
      );
    }
    if (tensor !== undefined && !selected.some((argument) => argument.name === name)) {
      throw new RangeError(
        `${functionName}: out holds ${name}, whose gradient is not computed. It is not given, holds integers, or differentiate leaves it out.`,
      );
    }
    outs[name] = tensor;
  }
  return outs;
}
