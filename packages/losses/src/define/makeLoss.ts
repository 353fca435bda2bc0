import {
  type OptionSchemas,
  type OutputBuffer,
  openOutput,
  optionsParser,
} from "@surprisal/core/authoring";
import { readGradOutput } from "./gradScale.ts";
import { gradientSchemas, type LossValues } from "./options.ts";
import { memoryOf, type PreparedLoss } from "./preparedLoss.ts";
import { openValue } from "./reduction.ts";

/** A loss as a plain function of its arguments; `defineLoss` gives it its types. */
export interface UntypedLoss {
  (...args: unknown[]): unknown;
  valueAndGrad(...args: unknown[]): { value: unknown; grad: unknown; grads?: object };
}

/**
 * Makes the public function of a loss: options, reduction, upstream gradient and containers.
 *
 * @param arity how many arguments stand before the options.
 * @param prepare reads and checks the arguments.
 * @param fastPath answers calls without options where that is simple; undefined is no answer.
 */
export function makeLoss<Values extends LossValues>(
  name: string,
  arity: number,
  readers: OptionSchemas<Omit<Values, "gradOutput">>,
  prepare: (args: readonly unknown[], values: Values) => PreparedLoss,
  fastPath?: (first: unknown, second: unknown) => number | undefined,
): UntypedLoss {
  const readOptions = optionsParser<Omit<Values, "gradOutput">>(readers);
  const readGradOptions = optionsParser<Values>({
    ...readers,
    ...gradientSchemas,
  } as unknown as OptionSchemas<Values>);

  const loss = (...args: unknown[]) => {
    if (fastPath !== undefined && args[arity] === undefined) {
      const value = fastPath(args[0], args[1]);
      if (value !== undefined) return value;
    }
    const values = readOptions(name, args[arity]) as Values;
    const prepared = prepare(args, values);
    const value = openValue(name, prepared, values.reduction, values.out);
    prepared.evaluate(value.storeLosses, undefined, undefined);
    return value.finish();
  };

  const valueAndGrad = (...args: unknown[]) => {
    const functionName = `${name}.valueAndGrad`;
    const values = readGradOptions(functionName, args[arity]);
    const prepared = prepare(args, values);
    const { loadGradScale, upstream } = readGradOutput(functionName, prepared, values);
    const value = openValue(functionName, prepared, values.reduction, undefined);
    const outputs = openGradients(functionName, prepared, upstream, values.out);
    prepared.evaluate(
      value.storeLosses,
      loadGradScale,
      outputs.map(({ data }) => data),
    );
    const gradients = outputs.map((output) => output.finish());
    if (gradients.length === 1) return { value: value.finish(), grad: gradients[0] };
    const named = prepared.inputs.map(({ name: argument }, i) => [argument, gradients[i]]);
    return { value: value.finish(), grad: gradients[0], grads: Object.fromEntries(named) };
  };

  Object.defineProperty(loss, "name", { value: name });
  return Object.assign(loss, { valueAndGrad });
}

function openGradients(
  functionName: string,
  prepared: PreparedLoss,
  upstream: ArrayBufferView | undefined,
  out: unknown,
): OutputBuffer[] {
  const memory = memoryOf(prepared);
  if (upstream !== undefined) memory.push(upstream);
  return prepared.inputs.map(({ view }, i) =>
    openOutput(functionName, i === 0 ? out : undefined, view.shape, view, memory),
  );
}
