import { readFloatsOrIntegers } from "@surprisal/core/authoring";
import { broadcastShape } from "../broadcast.ts";
import type { Call } from "../call.ts";
import { isTensor, type TensorRecord } from "../tensor.ts";
import type { ElementWeight } from "../wgsl/elements.ts";
import { readFlat } from "./arguments.ts";
import { readRowWeights } from "./classTarget.ts";
import type { ElementFormula } from "./elementFormulas.ts";
import type { ParsedElementOptions } from "./elementLoss.ts";
import { readFactors } from "./factors.ts";

/** An argument of a loss of single elements. */
export interface ElementArgument {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly shape: readonly number[];
  /** Whether the argument holds floats: integers have no gradient. */
  readonly hasGradient: boolean;
  readonly tensor?: TensorRecord;
}

/** The arguments, and the shape that they are repeated to. */
export interface ElementArguments {
  readonly input: ElementArgument;
  readonly target: ElementArgument;
  readonly shape: readonly number[];
}

/** Reads the arguments: the input on the GPU, and the target there or in any container. */
export function readElementArguments(
  call: Call,
  [inputValue, targetValue]: readonly [input: unknown, target: unknown],
): ElementArguments {
  const { functionName } = call;
  const input = ofGpu(call, "input", inputValue);
  const target = isTensor(targetValue)
    ? ofGpu(call, "target", targetValue)
    : upload(call, "target", targetValue);
  const shape = broadcastShape(
    functionName,
    { name: "input", shape: input.shape },
    { name: "target", shape: target.shape },
  );
  return { input, target, shape };
}

function ofGpu(call: Call, name: string, value: unknown): ElementArgument {
  const tensor = readFlat(call.functionName, name, call.context, value);
  const { gpuBuffer: buffer, offset, shape } = tensor;
  return { buffer, offset, shape, hasGradient: true, tensor };
}

function upload(call: Call, name: string, value: unknown): ElementArgument {
  const view = readFloatsOrIntegers(`${call.functionName}: ${name}`, value);
  const buffer = call.upload(Float32Array.from(view.data));
  return { buffer, offset: 0, shape: view.shape, hasGradient: "kind" in view };
}

/** Reads the weights of single elements. The mean divides by the sum of `sampleWeight`. */
export function readElementWeights(
  call: Call,
  formula: ElementFormula,
  options: ParsedElementOptions,
  shape: readonly number[],
): Partial<Record<ElementWeight, GPUBuffer>> {
  const { weight } = options;
  const rowWeights = [
    readRowWeights(call, options.sampleWeight, shape),
    readRowWeights(call, formula.weight === "mean" ? weight : undefined, shape, "weight"),
  ].flatMap(({ buffer }) => (buffer === undefined ? [] : [buffer]));
  if (rowWeights.length > 1) {
    throw new TypeError(
      `${call.functionName}: weight and sampleWeight cannot both be given here. Pass their product as sampleWeight.`,
    );
  }
  const [sampleWeight] = rowWeights;
  const factors =
    formula.weight === "factor" ? readFactors(call, "weight", weight, shape) : undefined;
  const posWeight = readFactors(call, "posWeight", options.posWeight, shape);
  return {
    ...(sampleWeight && { sampleWeight }),
    ...(factors && { weight: factors }),
    ...(posWeight && { posWeight }),
  };
}
