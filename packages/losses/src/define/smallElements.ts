// For ten numbers, reading and preparing a call takes ten times as long as its arithmetic. This path computes a
// few elements whose arguments and options are plain; the regular path handles all others.
import {
  blockPool,
  blockSum,
  compensatedSum,
  elementBlockLength,
  type Input,
  type KernelArray,
  type OutputBuffer,
  openResult,
  readSmall,
  releaseInput,
  sameShape,
  scaleKernel,
  smallBuffers,
} from "@surprisal/core/authoring";
import { findInvalid } from "./elementArguments.ts";
import type { ElementLossDefinition } from "./elementDefinition.ts";
import { computeBlock, type ElementBlockFormula, isBlockFormula } from "./elementFormula.ts";
import { exceedsFloat32 } from "./float32Range.ts";
import { isContainer } from "./gradients.ts";
import type { SmallResult } from "./makeLoss.ts";
import type { ParsedGradientOptions, ParsedLossOptions } from "./optionSchemas.ts";

/** The options of a call of the loss or of its `valueAndGrad`. */
type SmallOptions = ParsedLossOptions &
  Partial<ParsedGradientOptions> &
  Readonly<Record<string, unknown>>;

/** The pools that small nested arguments are read into, one per argument. */
const pools = /* @__PURE__ */ Array.from({ length: 4 }, () => smallBuffers());

/** Computes a call of a block formula if it concerns a few elements and is plain; returns undefined for all others. */
export function trySmallElements<Specific>(
  definition: ElementLossDefinition<Specific>,
  names: readonly string[],
  args: readonly unknown[],
  options: SmallOptions,
  specific: Specific,
  hasGradient: boolean,
): SmallResult | undefined {
  if (definition.neverThrows !== true || !isPlain(definition, names, options, hasGradient))
    return undefined;
  const inputs = readInputs(names, args);
  if (inputs === undefined) return undefined;
  // The regular path reports a wrong formula.
  const formula = definition.formula(specific);
  const result =
    isBlockFormula(formula) && areValid(definition, names, inputs)
      ? compute(definition, names, formula, inputs, options, hasGradient)
      : undefined;
  for (const input of inputs) releaseInput(input);
  return result;
}

/** Returns whether options need nothing but one factor. */
function isPlain<Specific>(
  { elementOptions = [], meanWeight }: ElementLossDefinition<Specific>,
  names: readonly string[],
  options: SmallOptions,
  hasGradient: boolean,
): boolean {
  const { reduction, sampleWeight, out, differentiate, gradOutput } = options;
  return (
    (reduction === "mean" || reduction === "sum") &&
    sampleWeight === undefined &&
    (differentiate === undefined || isAlone(differentiate, names[0])) &&
    (gradOutput === undefined || typeof gradOutput === "number") &&
    (out === undefined || (hasGradient && isContainer(out))) &&
    (meanWeight === undefined || options[meanWeight] === undefined) &&
    elementOptions.every((option) => options[option] === undefined)
  );
}

/** Returns whether `differentiate` holds one name alone. */
function isAlone(differentiate: unknown, name: string): boolean {
  return Array.isArray(differentiate) && differentiate.length === 1 && differentiate[0] === name;
}

/** Reads the arguments if they are small floats of one shape. */
function readInputs(names: readonly string[], args: readonly unknown[]): Input[] | undefined {
  const inputs: Input[] = [];
  for (let i = 0; i < names.length; i++) {
    const input = readSmall(args[i], pools[i]);
    if (input !== undefined) inputs.push(input);
    if (input === undefined || !sameShape(input.shape, inputs[0].shape)) {
      inputs.forEach(releaseInput);
      return undefined;
    }
  }
  // The getter of a later argument can have detached an earlier one.
  const { length } = inputs[inputs.length - 1].data;
  return inputs.every(({ data }) => data.length === length) ? inputs : undefined;
}

/** Returns whether all elements meet the conditions of their argument. The regular path says which does not. */
function areValid<Specific>(
  { check }: ElementLossDefinition<Specific>,
  names: readonly string[],
  inputs: readonly Input[],
): boolean {
  for (const name in check) {
    const { data } = inputs[names.indexOf(name)];
    if (findInvalid(check[name], data, 0) < data.length) return false;
  }
  if (inputs[0].data instanceof Float64Array) return true;
  for (let i = 1; i < inputs.length; i++) if (exceedsFloat32(inputs[i])) return false;
  return true;
}

function compute<Specific>(
  definition: ElementLossDefinition<Specific>,
  names: readonly string[],
  formula: ElementBlockFormula,
  inputs: readonly Input[],
  { reduction, gradOutput = 1, out, differentiate }: SmallOptions,
  hasGradient: boolean,
): SmallResult {
  const { name } = definition;
  const differentiable = inArgumentOrder(names, definition.differentiable);
  const differentiated = differentiate === undefined ? differentiable : [names[0]];
  const isFloat32 = inputs[0].data instanceof Float32Array;
  const count = inputs[0].data.length;
  const divisor = reduction === "mean" ? count : 1;
  const pool = blockPool(isFloat32 ? "float32" : "float64");
  const arrays = inputs.map(({ data }) => data);
  const outputs = hasGradient
    ? differentiated.map((argument, i) =>
        openResult(
          `${name}.valueAndGrad`,
          i === 0 ? out : undefined,
          inputs[names.indexOf(argument)],
          arrays,
        ),
      )
    : [];
  const elements = inputs.map(({ data }) => copyTo(pool.acquire(elementBlockLength), data, count));
  const losses = pool.acquire(elementBlockLength);
  const gradients: Record<string, KernelArray> = {};
  for (let i = 0; i < outputs.length; i++) {
    gradients[differentiated[i]] = pool.acquire(elementBlockLength);
  }
  const total = isFloat32 ? blockSum() : compensatedSum();
  const scale = (gradOutput as number) / divisor;
  let grads: unknown[];
  try {
    const block = { count, losses, gradients: hasGradient ? gradients : undefined };
    const sum = computeBlock(formula, block, elements);
    if (sum === undefined || count % 4 !== 0) total.add(losses, count);
    else total.add([sum], 1);
    grads = outputs.map((output, i) => {
      const gradient = gradients[differentiated[i]];
      scaleKernel(gradient, scale, count);
      return finish(output, gradient, count);
    });
  } finally {
    for (const element of elements) pool.release(element);
    pool.release(losses);
    for (const argument in gradients) pool.release(gradients[argument]);
  }
  const value = total.value() / divisor;
  if (differentiable.length < 2 || !hasGradient) return { value, grad: grads[0] };
  const byName = Object.fromEntries(grads.map((grad, i) => [differentiated[i], grad]));
  return { value, grad: grads[0], grads: byName };
}

/** Returns the names of the differentiable arguments in the order of the arguments: the first argument is the first. */
function inArgumentOrder(
  names: readonly string[],
  differentiable: readonly string[] = [],
): readonly string[] {
  const isFirstOnly = differentiable.length < 2;
  return names.filter((name, i) => (isFirstOnly ? i === 0 : differentiable.includes(name)));
}

function copyTo(block: KernelArray, data: ArrayLike<number>, count: number): KernelArray {
  for (let i = 0; i < count; i++) block[i] = data[i];
  return block;
}

function finish(output: OutputBuffer, gradient: KernelArray, count: number): unknown {
  for (let i = 0; i < count; i++) output.data[i] = gradient[i];
  return output.finish();
}
