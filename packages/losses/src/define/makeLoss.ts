import { type Destination, openOutput, optionsReader, type Readers } from "@surprisal/core/authoring";
import { gradientReaders, type LossValues } from "./options.ts";
import { memoryOf, type Problem } from "./preparedLoss.ts";
import { openValue } from "./reduction.ts";
import { readScales } from "./gradScale.ts";

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
 * @param quick answers calls without options where that is simple; undefined is no answer.
 */
export function makeLoss<Values extends LossValues>(
  name: string,
  arity: number,
  readers: Readers<Omit<Values, "gradOutput">>,
  pose: (args: readonly unknown[], values: Values) => Problem,
  quick?: (first: unknown, second: unknown) => number | undefined,
): UntypedLoss {
  const readOptions = optionsReader<Omit<Values, "gradOutput">>(readers);
  const readGradOptions = optionsReader<Values>({
    ...readers,
    ...gradientReaders,
  } as unknown as Readers<Values>);

  const loss = (...args: unknown[]) => {
    if (quick !== undefined && args[arity] === undefined) {
      const value = quick(args[0], args[1]);
      if (value !== undefined) return value;
    }
    const values = readOptions(name, args[arity]) as Values;
    const problem = pose(args, values);
    const value = openValue(name, problem, values.reduction, values.out);
    problem.evaluate(value.take, undefined, undefined);
    return value.finish();
  };

  const valueAndGrad = (...args: unknown[]) => {
    const where = `${name}.valueAndGrad`;
    const values = readGradOptions(where, args[arity]);
    const problem = pose(args, values);
    const { scales, upstream } = readScales(where, problem, values);
    const value = openValue(where, problem, values.reduction, undefined);
    const outputs = openGradients(where, problem, upstream, values.out);
    problem.evaluate(
      value.take,
      scales,
      outputs.map(({ data }) => data),
    );
    const gradients = outputs.map((output) => output.finish());
    if (gradients.length === 1) return { value: value.finish(), grad: gradients[0] };
    const named = problem.inputs.map(({ name: argument }, i) => [argument, gradients[i]]);
    return { value: value.finish(), grad: gradients[0], grads: Object.fromEntries(named) };
  };

  Object.defineProperty(loss, "name", { value: name });
  return Object.assign(loss, { valueAndGrad });
}

function openGradients(
  where: string,
  problem: Problem,
  upstream: ArrayBufferView | undefined,
  out: unknown,
): Destination[] {
  const memory = memoryOf(problem);
  if (upstream !== undefined) memory.push(upstream);
  return problem.inputs.map(({ view }, i) =>
    openOutput(where, i === 0 ? out : undefined, view.shape, view, memory),
  );
}
