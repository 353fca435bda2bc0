import {
  boolean,
  formatValue,
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

/** Options here for names of other libraries, in lower case and without "_"; the first that a loss has counts. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  classweight: ["weight"],
  classweights: ["weight"],
  distancefunction: ["distance"],
  ignoreclass: ["ignoreIndex"],
  linearbias: ["bias"],
  mask: ["sampleWeight"],
  sampleweights: ["sampleWeight"],
  smoothing: ["labelSmoothing"],
  weight: ["sampleWeight"],
  weights: ["weight", "sampleWeight"],
  where: ["sampleWeight"],
};

/** Returns what to write instead of an option that this loss does not have. */
function adviseOption(name: string, names: readonly string[]): string | undefined {
  if (name === "sizeaverage" || name === "reduce") {
    return 'it is called "reduction" here, and takes "mean", "sum" or "none"';
  }
  if (name === "fromlogits" || name === "logits") {
    return "crossEntropy takes logits, and nllLoss takes log-probabilities";
  }
  if (name === "gradoutput" && !names.includes("gradOutput")) {
    return '"gradOutput" is an option of valueAndGrad';
  }
  const known = Object.hasOwn(otherNames, name) ? otherNames[name] : [];
  const ownName = known.find((other) => names.includes(other));
  return ownName && `it is called ${formatValue(ownName)} here`;
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
  const parse = optionsParser<Common & Specific>(schemas, methodOptions, adviseOption);
  const specificNames = Object.keys(specificSchemas) as (keyof Specific)[];

  return (functionName, options) => {
    const common = parse(functionName, options);
    const specific = {} as Specific;
    for (const name of specificNames) specific[name] = common[name];
    return { common, specific };
  };
}
