import {
  boolean,
  integer,
  numeric,
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

/** Parsed options of a class loss. */
export interface ParsedClassOptions extends ParsedLossOptions {
  axis: number;
  weight: unknown;
  ignoreIndex: number;
  labelSmoothing: number;
  skipMasked: boolean;
  whenEmpty: "nan" | "zero";
}

/** Parsed options of a row loss. */
export interface ParsedRowOptions extends ParsedLossOptions {
  axis: number;
}

/** Returns the schema of `reduction`, which knows the name that PyTorch has given up. */
export function reductionOf(
  ...choices: readonly [Reduction, ...Reduction[]]
): OptionSchema<Reduction> {
  const schema = picklist<Reduction>(...choices);
  return {
    ...schema,
    parse(value, label) {
      if (value !== "elementwise_mean") return schema.parse(value, label);
      throw new RangeError(`${label} "elementwise_mean" is called "mean" here.`);
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

export const classSchemas: OptionSchemas<ParsedClassOptions> = {
  ...rowSchemas,
  weight: unknown<unknown>(),
  ignoreIndex: integer(-100),
  labelSmoothing: numeric(0, "a number from 0 to 1", (e) => e >= 0 && e <= 1),
  skipMasked: boolean(false),
  whenEmpty: picklist("nan", "zero"),
};

/** The parsed options of one call: those of every loss of its kind, and those of this loss alone. */
export interface ParsedOptions<Common, Specific> {
  readonly common: Common;
  readonly specific: Specific;
}

/**
 * Makes the parser of a loss's options. It reads each option once and throws on an unknown name.
 *
 * @param methodOptions the names of options that only `valueAndGrad` has.
 */
export function lossOptionsParser<Common extends object, Specific extends object>(
  commonSchemas: OptionSchemas<Common>,
  specificSchemas = {} as OptionSchemas<Specific>,
  methodOptions: readonly string[] = [],
): (functionName: string, options: unknown) => ParsedOptions<Common, Specific> {
  const schemas = { ...commonSchemas, ...specificSchemas } as OptionSchemas<Common & Specific>;
  const parse = optionsParser<Common & Specific>(schemas, methodOptions);
  const specificNames = Object.keys(specificSchemas) as (keyof Specific)[];

  return (functionName, options) => {
    const common = parse(functionName, options);
    const specific = {} as Specific;
    for (const name of specificNames) specific[name] = common[name];
    return { common, specific };
  };
}
