import { boolean, integer, numeric, type OptionSchemas, picklist } from "@surprisal/core/authoring";
import type { LossOptions } from "./options.ts";

/** Options of the losses that measure the overlap of regions: `diceLoss` and `tverskyLoss`. */
export interface OverlapLossOptions extends LossOptions {
  /**
   * The class axis; negative counts from the end. PyTorch's [N, C, H, W] has it at 1.
   *
   * @defaultValue -1
   */
  axis?: number | undefined;
  /**
   * The function that turns the input into probabilities: softmax over the classes, or the sigmoid of each
   * element (for one class, or for classes that do not exclude each other). `"none"` is for an input that
   * holds probabilities.
   *
   * @defaultValue "softmax"
   */
  activation?: "softmax" | "sigmoid" | "none" | undefined;
  /**
   * The number that is added to numerator and denominator, finite and at least 0. It keeps the gradient of
   * small regions small.
   *
   * @defaultValue 0.00001
   */
  smooth?: number | undefined;
  /**
   * Whether the regions of all examples are measured together, with one loss per class. If false, each
   * example (along the first axis) has one loss per class.
   *
   * @defaultValue false
   */
  batch?: boolean | undefined;
  /**
   * Positions with this class index do not count.
   *
   * @defaultValue -100
   */
  ignoreIndex?: number | undefined;
}

export type ParsedOverlapOptions = Required<Omit<OverlapLossOptions, keyof LossOptions>> & {
  readonly axis: number;
  readonly activation: "softmax" | "sigmoid" | "none";
  readonly smooth: number;
  readonly batch: boolean;
  readonly ignoreIndex: number;
};

export const overlapSchemas: OptionSchemas<ParsedOverlapOptions> = {
  axis: integer(-1),
  activation: {
    ...picklist("softmax", "sigmoid", "none"),
    otherNames: /^(from)?logit$|^sigmoid$|^softmax$/,
  },
  smooth: {
    ...numeric(
      1e-5,
      "a finite number of at least 0",
      (smooth) => smooth >= 0 && smooth < Number.POSITIVE_INFINITY,
    ),
    otherNames: /^eps(ilon)?$|^smoothing$/,
  },
  batch: boolean(false),
  ignoreIndex: integer(-100),
};
