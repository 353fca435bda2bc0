import {
  openOutput,
  optionsReader,
  type Readers,
  readFloats,
  sameShape,
  showShape,
  sizeOf,
  sumOf,
  workspace,
} from "@surprisal/core/kernels";
import { gradientReaders, type LossValues } from "./options.ts";
import type { Problem } from "./problem.ts";

// Taken and given back, so that a formula may call another loss.
const lossesOf = workspace((size): Float64Array => new Float64Array(size));
const scalesOf = workspace((size): Float64Array => new Float64Array(size));

/** A loss as a plain function of its arguments; `defineLoss` gives it its types. */
export interface UntypedLoss {
  (...args: unknown[]): unknown;
  valueAndGrad(...args: unknown[]): { value: unknown; grad: unknown; grads?: object };
}

/**
 * Makes the public function of a loss: options, reduction, upstream gradient and containers.
 *
 * @param arity how many arguments stand before the options.
 * @param pose reads and checks the arguments.
 */
export function makeLoss<Values extends LossValues>(
  name: string,
  arity: number,
  readers: Readers<Omit<Values, "gradOutput">>,
  pose: (args: readonly unknown[], values: Values) => Problem,
): UntypedLoss {
  const readOptions = optionsReader<Omit<Values, "gradOutput">>(readers);
  const readGradOptions = optionsReader<Values>({
    ...readers,
    ...gradientReaders,
  } as unknown as Readers<Values>);

  const loss = (...args: unknown[]) => {
    const values = readOptions(name, args[arity]) as Values;
    const problem = pose(args, values);
    const deliver = openValue(name, problem, values, values.out);
    const losses = lossesOf.take(sizeOf(problem.shape));
    problem.evaluate(losses, undefined, undefined);
    const value = deliver(losses);
    lossesOf.giveBack(losses);
    return value;
  };

  const valueAndGrad = (...args: unknown[]) => {
    const where = `${name}.valueAndGrad`;
    const values = readGradOptions(where, args[arity]);
    const problem = pose(args, values);
    const scales = readScales(where, problem, values);
    const deliver = openValue(where, problem, values, undefined);
    const memory = problem.inputs.map(({ view }) => view.data);
    const outputs = problem.inputs.map(({ view }, i) =>
      openOutput(where, i === 0 ? values.out : undefined, view.shape, view, memory),
    );
    const losses = lossesOf.take(scales.length);
    problem.evaluate(
      losses,
      scales,
      outputs.map(({ data }) => data),
    );
    const value = deliver(losses);
    lossesOf.giveBack(losses);
    scalesOf.giveBack(scales);
    const gradients = outputs.map((output) => output.finish());
    if (gradients.length === 1) return { value, grad: gradients[0] };
    const named = problem.inputs.map(({ name: argument }, i) => [argument, gradients[i]]);
    return { value, grad: gradients[0], grads: Object.fromEntries(named) };
  };

  Object.defineProperty(loss, "name", { value: name });
  return Object.assign(loss, { valueAndGrad });
}

/** Checks where the value goes, and returns what puts the losses there. */
function openValue(
  where: string,
  problem: Problem,
  { reduction }: LossValues,
  out: unknown,
): (losses: Float64Array) => unknown {
  const [first] = problem.inputs;
  const shape = reduction === "none" ? problem.shape : [];
  if (shape.length === 0 && out === undefined)
    return (losses) => reduce(problem, reduction, losses);
  const output = openOutput(where, out, shape, first.view, [first.view.data]);
  return (losses) => {
    output.data.set(reduction === "none" ? losses : [reduce(problem, reduction, losses)]);
    return output.finish();
  };
}

function reduce(
  problem: Problem,
  reduction: LossValues["reduction"],
  losses: Float64Array,
): number {
  if (reduction === "none") return losses[0];
  const divisor = divisorOf(problem, reduction);
  return divisor === 0 ? problem.nothing : sumOf(losses) / divisor;
}

function divisorOf(problem: Problem, reduction: LossValues["reduction"]): number {
  if (reduction === "mean") return problem.divisor;
  return reduction === "batchmean" ? (problem.shape[0] ?? 1) : 1;
}

/** The derivative of the value with respect to each loss, times the upstream gradient. */
function readScales(
  where: string,
  problem: Problem,
  { reduction, gradOutput }: LossValues,
): Float64Array {
  const scales = scalesOf.take(sizeOf(problem.shape));
  const upstream = readFloats(`${where}: gradOutput`, gradOutput ?? 1);
  const expected = reduction === "none" ? problem.shape : [];
  if (upstream.form !== "number" && !sameShape(upstream.shape, expected)) {
    throw new RangeError(
      `${where}: gradOutput must be a number${expected.length > 0 ? ` or have the losses' shape ${showShape(expected)}` : ""}, got shape ${showShape(upstream.shape)}.`,
    );
  }
  if (upstream.form !== "number" && expected.length > 0) scales.set(upstream.data);
  else {
    const divisor = divisorOf(problem, reduction);
    scales.fill(divisor === 0 ? problem.nothing : upstream.data[0] / divisor);
  }
  return scales;
}
