/**
 * The losses by name, from which a worker of `@surprisal/threads` computes its part of a call.
 *
 * @module
 */
import type { BlockLossArrays } from "@surprisal/core/authoring";
import type { ClassIndexKernel } from "./define/classDefinition.ts";
import { composedKernel } from "./define/crossEntropyBlocks.ts";
import { defaultArguments } from "./define/elementArguments.ts";
import { isBlockFormula } from "./define/elementFormula.ts";
import { ownDefinitionOf } from "./define/ownDefinitions.ts";
import { computePlainElements, computePlainVectors } from "./define/plainBlocks.ts";
import { probabilityBlockNamed } from "./define/probabilityLoss.ts";
import type { RowCall } from "./define/rowLoss.ts";
import * as losses from "./generated/threadedLosses.ts";

export { version } from "./generated/version.ts";

/** Computes a loss and the sums of its blocks. The factor of the gradients is undefined if the call wants no gradient. */
export type ComputeBlocks = (arrays: BlockLossArrays, gradScale: number | undefined) => void;

/**
 * Returns what computes the loss of elements or vectors that has a name, with its own options.
 *
 * @param size the number of elements of a vector.
 * @throws TypeError if this package has no such loss, or its formula may throw.
 */
export function blockLossNamed(name: string, options: object, size?: number): ComputeBlocks {
  const loss = (losses as Readonly<Record<string, object>>)[name];
  const definition = loss && ownDefinitionOf(loss);
  if (definition?.neverThrows && definition.kind === "element") {
    const formula = definition.formula(options as never);
    const names = definition.arguments ?? defaultArguments;
    if (isBlockFormula(formula)) {
      return (arrays, gradScale) => computePlainElements(names, formula, arrays, gradScale);
    }
  }
  if (definition?.neverThrows && definition.kind === "row" && size !== undefined) {
    const formula = definition.formula(options as never, callOfVectors(name));
    const names = Object.keys(definition.arguments);
    if (typeof formula === "object") {
      return (arrays, gradScale) => computePlainVectors(names, size, formula, arrays, gradScale);
    }
  }
  throw new TypeError(`blockLossNamed: there is no loss of elements or vectors named ${name}.`);
}

/** Returns a call whose arguments all hold vectors, and have been checked. */
function callOfVectors(functionName: string): RowCall {
  return { functionName, shapes: {}, batchShape: [] };
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
