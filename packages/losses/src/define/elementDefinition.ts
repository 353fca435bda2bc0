import type { ValueCheck } from "./elementArguments.ts";
import type { ElementBlockFormula, ElementFormula, KernelFormula } from "./elementFormula.ts";
import type { LossDefinition } from "./makeLoss.ts";

/** The definition of a loss that has one value per element. */
export interface ElementLossDefinition<Specific, ArrayOption extends string = string>
  extends LossDefinition<Specific> {
  readonly kind: "element";
  /** The arguments' names, up to four. The default is input and target. */
  readonly arguments?: readonly string[];
  /**
   * The arguments that a block formula differentiates, the first among them. The default is the first
   * alone. A formula of single elements names them in `gradients`.
   */
  readonly differentiable?: readonly string[];
  /**
   * The options that hold numbers of the losses' shape, or of a shape that broadcasts to it, in any
   * container: weights, for example. They are not differentiated. The functions that `formula` returns get
   * them after the arguments.
   */
  readonly elementOptions?: readonly ArrayOption[];
  /** The option whose weights multiply the losses and divide their mean, as `sampleWeight` does. */
  readonly meanWeight?: "weight";
  /** The arguments that may lack the input's last axis. They then have one element for each vector along it. */
  readonly perVector?: readonly string[];
  /** Conditions that the elements of arguments must meet, by the argument's name. */
  readonly check?: Readonly<Record<string, ValueCheck>>;
  /** Whether the loss has `reduction: "batchmean"`: the sum divided by the size of the input's first axis. */
  readonly batchMean?: boolean;
  /** Returns the formula for these options: of blocks, which is fast, or of single elements. */
  formula(options: Specific): ElementFormula | ElementBlockFormula;
}

/** The definition of a loss of this package: its formula may have a kernel. */
export type OwnElementDefinition<Specific, ArrayOption extends string> = Omit<
  ElementLossDefinition<Specific, ArrayOption>,
  "formula"
> & {
  formula(options: Specific): ElementFormula | ElementBlockFormula | KernelFormula;
};
