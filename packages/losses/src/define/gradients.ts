// The outputs of the gradients of a call: one per argument that is differentiated.
import { formatValue, type OutputBuffer, openOutput, shareMemory } from "@surprisal/core/authoring";
import type { DifferentiableInput, PreparedLoss } from "./preparedLoss.ts";
import { inputArrays } from "./preparedLoss.ts";
import { computeAside } from "./reduction.ts";

/** The options of `valueAndGrad` that concern its gradients, unchecked. */
export interface GradientRequest {
  /** The names of the arguments whose gradients are computed. */
  readonly differentiate: unknown;
  /** The container of the first gradient, or containers by the argument's name. */
  readonly out: unknown;
}

/** Opens one output per differentiated argument; undefined for one whose gradient is not asked for. */
export function openGradients(
  functionName: string,
  prepared: PreparedLoss,
  gradOutput: ArrayBufferView | undefined,
  { differentiate, out }: GradientRequest,
): (OutputBuffer | undefined)[] {
  const selected = selectInputs(functionName, prepared, differentiate);
  const outs = outsByName(functionName, prepared, selected, out);
  const arrays = inputArrays(prepared);
  if (gradOutput !== undefined) arrays.push(gradOutput);
  const outputs = prepared.inputs.map((input) => {
    if (!selected.includes(input)) return undefined;
    const { name, tensor } = input;
    const outName = outs[name] === out ? "out" : `out.${name}`;
    return openOutput(functionName, outs[name], tensor.shape, tensor, arrays, outName);
  });
  checkDisjoint(functionName, prepared.inputs, outputs);
  if (prepared.canThrow !== true) return outputs;
  return outputs.map((output, i) =>
    output !== undefined && outs[prepared.inputs[i].name] !== undefined
      ? computeAside(output)
      : output,
  );
}

/** Throws if two gradients would be written to the same memory. */
function checkDisjoint(
  functionName: string,
  inputs: readonly DifferentiableInput[],
  outputs: readonly (OutputBuffer | undefined)[],
): void {
  for (let k = 1; k < inputs.length; k++) {
    for (let i = 0; i < k; i++) {
      const [a, b] = [outputs[i], outputs[k]];
      if (a === undefined || b === undefined || !shareMemory(a, b)) continue;
      throw new RangeError(
        `${functionName}: out.${inputs[i].name} and out.${inputs[k].name} must not overlap in memory.`,
      );
    }
  }
}

/** Returns the arguments whose gradients are computed: all of them, or those in `differentiate`. */
function selectInputs(
  functionName: string,
  { inputs, differentiable }: PreparedLoss,
  differentiate: unknown,
): readonly DifferentiableInput[] {
  if (differentiate === undefined) return inputs;
  const label = `${functionName}: differentiate`;
  if (!Array.isArray(differentiate)) {
    throw new TypeError(
      `${label} must be an array of argument names, got ${formatValue(differentiate)}.`,
    );
  }
  const names = differentiable ?? inputs.map(({ name }) => name);
  const unknown = differentiate.findIndex((name) => !names.includes(name));
  if (unknown !== -1) {
    const name: unknown = differentiate[unknown];
    const Kind = typeof name === "string" ? RangeError : TypeError;
    throw new Kind(`${label} holds ${formatValue(name)}, expected names from ${names.join(", ")}.`);
  }
  const [{ name: first }] = inputs;
  if (!differentiate.includes(first)) {
    throw new RangeError(
      `${label} must hold ${formatValue(first)}, the first argument, got ${JSON.stringify(differentiate)}.`,
    );
  }
  for (const name of differentiate) checkHasGradient(functionName, inputs, name);
  return inputs.filter(({ name }) => differentiate.includes(name));
}

function checkHasGradient(
  functionName: string,
  inputs: readonly DifferentiableInput[],
  name: string,
): void {
  if (inputs.some((input) => input.name === name)) return;
  throw new TypeError(
    `${functionName}: ${name} is not given, or holds integers or class indices, which have no gradient. Pass floats, such as a Float32Array; instead of class indices, pass class probabilities.`,
  );
}

/** Returns the containers of gradients by the argument's name. `out` may be the first's alone. */
function outsByName(
  functionName: string,
  { inputs, differentiable }: PreparedLoss,
  selected: readonly DifferentiableInput[],
  out: unknown,
): Readonly<Record<string, unknown>> {
  if (out === undefined) return {};
  const names = differentiable ?? inputs.map(({ name }) => name);
  if (!isByName(out, names)) return { [inputs[0].name]: out };
  const outs: Record<string, unknown> = {};
  if (Object.keys(out).length === 0) {
    throw new TypeError(
      `${functionName}: out must be a container, or an object with some of the keys ${names.join(", ")}, got {}.`,
    );
  }
  for (const name of Object.keys(out)) {
    if (!names.includes(name)) {
      throw new TypeError(
        `${functionName}: out holds ${formatValue(name)}, expected names from ${names.join(", ")}.`,
      );
    }
    outs[name] = out[name];
    if (outs[name] === undefined || selected.some((input) => input.name === name)) continue;
    checkHasGradient(functionName, inputs, name);
    throw new RangeError(`${functionName}: out holds ${name}, which differentiate leaves out.`);
  }
  return outs;
}

/** Returns whether `out` is the container of one gradient, and not an object of containers by argument name. */
export function isContainer(out: unknown): boolean {
  if (typeof out !== "object" || out === null) return false;
  if (Array.isArray(out) || ArrayBuffer.isView(out)) return true;
  const names = Object.keys(out);
  return names.length === 2 && names.includes("data") && names.includes("shape");
}

/** Returns whether `out` is an object by the argument's name, not a container. */
function isByName(out: unknown, names: readonly string[]): out is Record<string, unknown> {
  if (typeof out !== "object" || out === null || Array.isArray(out)) return false;
  if (ArrayBuffer.isView(out)) return false;
  // A misspelt name is reported as one, and not as a tensor that lacks its data.
  const isPlain = Object.getPrototypeOf(out) === Object.prototype;
  const isTensor = "data" in out || "shape" in out;
  return names.some((name) => Object.hasOwn(out, name)) || (isPlain && !isTensor);
}
