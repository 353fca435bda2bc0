import { boolean, integer, numeric, type OptionSchemas } from "@surprisal/core/authoring";

/** Options of functions that score the tokens of a text. */
export interface TokenOptions {
  /**
   * Whether the logits of position t predict the token after it, as in a causal language model. If true,
   * position t is scored against id t + 1, and the result has one position fewer.
   *
   * @defaultValue false
   */
  shift?: boolean | undefined;
  /**
   * Positions with this id are ignored: padding, for example.
   *
   * @defaultValue -100
   */
  ignoreIndex?: number | undefined;
}

/** The option of functions that compute probabilities. */
export interface TemperatureOptions {
  /**
   * The number that divides the logits, finite and above 0.
   *
   * @defaultValue 1
   */
  temperature?: number | undefined;
}

export const tokenSchemas: OptionSchemas<{ shift: boolean; ignoreIndex: number }> = {
  shift: boolean(false),
  ignoreIndex: integer(-100),
};

export const temperatureSchemas: OptionSchemas<{ temperature: number }> = {
  temperature: {
    ...numeric(
      1,
      "a finite number above 0",
      (value) => value > 0 && value < Number.POSITIVE_INFINITY,
    ),
    otherNames: /^t(au|emp)?$/,
  },
};
