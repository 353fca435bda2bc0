import { checkUnchanged, type OptionSchemas, releaseSampleWeight } from "@surprisal/core/authoring";
import { openGradients } from "./gradients.ts";
import { readGradScale } from "./gradScale.ts";
import {
  gradientSchemas,
  lossOptionsParser,
  type ParsedGradientOptions,
  type ParsedLossOptions,
} from "./optionSchemas.ts";
import { inputViews, type PreparedLoss } from "./preparedLoss.ts";
import { openValue } from "./reduction.ts";
import { weightGradScale, weightLosses } from "./sampleWeight.ts";

/** A loss whose arguments have no types yet; `defineLoss` adds them. */
export interface UntypedLoss {
  (...args: unknown[]): unknown;
  valueAndGrad(...args: unknown[]): { value: unknown; grad: unknown; grads?: object };
}

/** The parts of a loss's definition that all kinds of losses have. */
export interface LossDefinition<Specific> {
  readonly name: string;
  /**
   * The schemas of the options that this loss alone has. The functions of the definition get these options and no others.
   */
  readonly options?: OptionSchemas<Specific>;
  /**
   * Whether the formula never throws and writes every result that it is asked for, so that results may
   * be written to `out` directly.
   */
  readonly neverThrows?: boolean;
}

/** Reads and checks the arguments of a call. */
export type Prepare<Common, Specific> = (
  functionName: string,
  args: readonly unknown[],
  common: Common,
  specific: Specific,
) => PreparedLoss;

/** The result of a small call: the value, and the gradients if they are asked for. */
export interface SmallResult {
  readonly value: number;
  readonly grad: unknown;
  readonly grads?: object;
}

/** Ways to compute small calls, which return undefined for all others. */
export interface FastPaths<Common, Specific> {
  /** Computes a call without options. */
  withoutOptions?: ((input: unknown, target: unknown) => number | undefined) | undefined;
  /** Computes the value of a call, and its gradient if it is asked for. */
  withOptions(
    args: readonly unknown[],
    common: Common,
    specific: Specific,
    hasGradient: boolean,
  ): SmallResult | undefined;
}

/**
 * Makes the public function of a loss, with its options, reduction, upstream gradient and
 * containers.
 *
 * @param argumentCount the number of arguments before the options.
 */
export function makeLoss<Common extends ParsedLossOptions, Specific extends object>(
  { name, options: specificSchemas }: LossDefinition<Specific>,
  argumentCount: number,
  commonSchemas: OptionSchemas<Common>,
  prepare: Prepare<Common, Specific>,
  fastPaths?: FastPaths<Common, Specific>,
): UntypedLoss {
  const parseOptions = lossOptionsParser(commonSchemas, specificSchemas);
  const parseGradientOptions = lossOptionsParser(
    { ...commonSchemas, ...gradientSchemas } as OptionSchemas<Common & ParsedGradientOptions>,
    specificSchemas,
  );

  const checkCount = (functionName: string, { length }: readonly unknown[]) => {
    if (length <= argumentCount + 1) return;
    throw new TypeError(
      `${functionName}: expected ${argumentCount} arguments and an object of options, got ${length} arguments.`,
    );
  };

  const loss = (...args: unknown[]) => {
    checkCount(name, args);
    const options = args[argumentCount];
    if (options === undefined) {
      const simple = fastPaths?.withoutOptions?.(args[0], args[1]);
      if (simple !== undefined) return simple;
    }
    const { common, specific } = parseOptions(name, options);
    const small = fastPaths?.withOptions(args, common, specific, false);
    if (small !== undefined) return small.value;
    const prepared = prepare(name, args, common, specific);
    const value = openValue(name, prepared, common.reduction, common.out);
    const storeLosses = weightLosses(value.storeLosses, prepared.sampleWeight, prepared.weigh);
    checkUnchanged(name, inputViews(prepared));
    prepared.evaluate(storeLosses, undefined, undefined);
    releaseSampleWeight(prepared.sampleWeight);
    return value.finish();
  };

  const valueAndGrad = (...args: unknown[]) => {
    const functionName = `${name}.valueAndGrad`;
    checkCount(functionName, args);
    const { common, specific } = parseGradientOptions(functionName, args[argumentCount]);
    const small = fastPaths?.withOptions(args, common, specific, true);
    if (small !== undefined) return small;
    const prepared = prepare(functionName, args, common, specific);
    const scale = readGradScale(functionName, prepared, common.reduction, common.gradOutput);
    const value = openValue(functionName, prepared, common.reduction, undefined);
    const outputs = openGradients(functionName, prepared, scale.gradOutput, common);
    const views = inputViews(prepared);
    if (scale.gradOutput) views.push({ data: scale.gradOutput, shape: prepared.shape });
    checkUnchanged(functionName, views);
    prepared.evaluate(
      weightLosses(value.storeLosses, prepared.sampleWeight, prepared.weigh),
      weightGradScale(scale.loadGradScale, prepared.sampleWeight),
      outputs.map((output) => output?.data),
    );
    releaseSampleWeight(prepared.sampleWeight);
    const grad = outputs[0]?.finish();
    const { inputs, differentiable = inputs } = prepared;
    if (differentiable.length === 1) return { value: value.finish(), grad };
    const grads: Record<string, unknown> = { [inputs[0].name]: grad };
    for (let i = 1; i < inputs.length; i++) {
      const output = outputs[i];
      if (output !== undefined) grads[inputs[i].name] = output.finish();
    }
    return { value: value.finish(), grad, grads };
  };

  Object.defineProperty(loss, "name", { value: name });
  return Object.assign(loss, { valueAndGrad });
}
