/**
 * The losses of elements by name, from which a worker of `@surprisal/threads` computes its part of a call.
 *
 * @module
 */
import type { ElementLossArrays } from "@surprisal/core/authoring";
import { defaultArguments } from "./define/elementArguments.ts";
import { isBlockFormula } from "./define/elementFormula.ts";
import { ownDefinitionOf } from "./define/elementLoss.ts";
import { computePlainElements } from "./define/plainElements.ts";
import * as losses from "./generated/elementLosses.ts";

export { version } from "./generated/version.ts";

/** Computes a loss and the sums of its blocks. The gradients get a factor, unless none is asked for. */
export type ComputeElements = (arrays: ElementLossArrays, gradScale: number | undefined) => void;

/**
 * Returns what computes the loss of elements that has a name, with its own options.
 *
 * @throws TypeError if this package has no such loss.
 */
export function elementLossNamed(name: string, options: object): ComputeElements {
  const loss = (losses as Readonly<Record<string, unknown>>)[name];
  const definition = typeof loss === "function" ? ownDefinitionOf(loss) : undefined;
  const formula = definition?.formula(options as never);
  if (definition === undefined || formula === undefined || !isBlockFormula(formula)) {
    throw new TypeError(`elementLossNamed: there is no loss of elements named ${name}.`);
  }
  const names = definition.arguments ?? defaultArguments;
  return (arrays, gradScale) => computePlainElements(names, formula, arrays, gradScale);
}
