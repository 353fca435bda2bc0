import {
  formatValue,
  integer,
  lossOptionNames,
  type OptionSchema,
  type OptionSchemas,
  optionsParser,
  picklist,
  unknown,
} from "@surprisal/core/authoring";

export type Reduction = "mean" | "sum" | "none" | "batchmean";

/** Parsed options of every loss. */
export interface ParsedLossOptions {
  reduction: Reduction;
  sampleWeight: unknown;
  out: unknown;
}

/** Parsed options that only `valueAndGrad` has. */
export interface ParsedGradientOptions {
  gradOutput: unknown;
  differentiate: unknown;
}

/** Parsed options of a row loss. */
export interface ParsedRowOptions extends ParsedLossOptions {
  axis: number;
}

/** Other libraries' names of reductions that are called "mean" here. */
const meanNames = ["elementwise_mean", "sum_over_batch_size"];

/** Returns the schema of `reduction`, which knows other spellings and names of its values. */
export function reductionOf(
  ...choices: readonly [Reduction, ...Reduction[]]
): OptionSchema<Reduction> {
  const schema = picklist<Reduction>(...choices);
  return {
    ...schema,
    parse(value, label) {
      if (typeof value !== "string" || choices.includes(value as Reduction)) {
        return schema.parse(value, label);
      }
      const plain = value.trim().toLowerCase();
      const name = meanNames.includes(plain) ? "mean" : choices.find((choice) => choice === plain);
      if (name !== undefined) {
        throw new RangeError(`${label} ${formatValue(value)} is called "${name}" here.`);
      }
      if (plain !== "batchmean") return schema.parse(value, label);
      throw new RangeError(
        `${label} "batchmean" is only for losses of distributions, such as klDiv; expected ${choices.map((choice) => `"${choice}"`).join(" or ")}.`,
      );
    },
  };
}

export const lossSchemas: OptionSchemas<ParsedLossOptions> = {
  reduction: reductionOf("mean", "sum", "none"),
  sampleWeight: unknown<unknown>(),
  out: unknown<unknown>(),
};

export const gradientSchemas: OptionSchemas<ParsedGradientOptions> = {
  gradOutput: unknown<unknown>(),
  differentiate: unknown<unknown>(),
};

export const rowSchemas: OptionSchemas<ParsedRowOptions> = { ...lossSchemas, axis: integer(-1) };

/** The parsed options of one call: those of every loss of its kind, and those of this loss alone. */
export interface ParsedOptions<Common, Specific> {
  readonly common: Common;
  readonly specific: Specific;
}

/**
 * Makes the parser of a loss's options. It reads each option once and throws on an unknown name.
 */
export function lossOptionsParser<Common extends object, Specific extends object>(
  commonSchemas: OptionSchemas<Common>,
  specificSchemas = {} as OptionSchemas<Specific>,
): (functionName: string, options: unknown) => ParsedOptions<Common, Specific> {
  const schemas = { ...commonSchemas, ...specificSchemas } as OptionSchemas<Common & Specific>;
  const parse = optionsParser<Common & Specific>(schemas, lossOptionNames);
  const specificNames = Object.keys(specificSchemas) as (keyof Specific)[];

  return (functionName, options) => {
    const common = parse(functionName, options);
    const specific = {} as Specific;
    for (const name of specificNames) specific[name] = common[name];
    return { common, specific };
  };
}
