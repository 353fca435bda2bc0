/**
 * The losses by name, from which a worker of `@surprisal/threads` computes its part of a call.
 *
 * @module
 */
import type { ElementLossArrays } from "@surprisal/core/authoring";
import type { ClassIndexKernel } from "./define/classLoss.ts";
import { composedKernel } from "./define/crossEntropyBlocks.ts";
import { defaultArguments } from "./define/elementArguments.ts";
import { isBlockFormula } from "./define/elementFormula.ts";
import { ownDefinitionOf } from "./define/elementLoss.ts";
import { computePlainElements } from "./define/plainElements.ts";
import { probabilityBlockNamed } from "./define/probabilityLoss.ts";
import * as losses from "./generated/threadedLosses.ts";

export { version } from "./generated/version.ts";

/** Computes a loss and the sums of its blocks. The factor of the gradients is undefined if the call wants no gradient. */
export type ComputeElements = (arrays: ElementLossArrays, gradScale: number | undefined) => void;

/**
 * Returns what computes the loss of elements that has a name, with its own options.
 *
 * @throws TypeError if this package has no such loss, or its formula may throw.
 */
export function elementLossNamed(name: string, options: object): ComputeElements {
  const loss = (losses as Readonly<Record<string, object>>)[name];
  const definition = loss && ownDefinitionOf(loss);
  const formula = definition?.neverThrows ? definition.formula(options as never) : undefined;
  if (definition === undefined || formula === undefined || !isBlockFormula(formula)) {
    throw new TypeError(`elementLossNamed: there is no loss of elements named ${name}.`);
  }
  const names = definition.arguments ?? defaultArguments;
  return (arrays, gradScale) => computePlainElements(names, formula, arrays, gradScale);
}

/**
 * Returns the kernel of the loss that has a name, with its own options: a function of each row's cross-entropy.
 *
 * @param total the number of rows of the whole call.
 * @throws TypeError if this package has no such loss.
 */
export function composedLossNamed(name: string, options: object, total: number): ClassIndexKernel {
  // The modules of the losses give `probabilityLoss` their functions. This check keeps the modules in the bundle.
  const block = Object.hasOwn(losses, name) ? probabilityBlockNamed(name, options) : undefined;
  if (block === undefined) {
    throw new TypeError(
      `composedLossNamed: no loss named ${name} is a function of the cross-entropy.`,
    );
  }
  return composedKernel(block, total);
}
