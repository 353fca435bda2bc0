/**
 * The losses by name, from which a worker of `@surprisal/threads` computes its part of a call.
 *
 * @module
 */
import type {
  BlockLossArrays,
  InputPlace,
  NamedLoss,
  SoftCrossEntropyKernel,
} from "@surprisal/core/authoring";
import type { ClassIndexKernel } from "./define/classDefinition.ts";
import { composedKernel } from "./define/crossEntropyBlocks.ts";
import { defaultArguments } from "./define/elementArguments.ts";
import { isBlockFormula } from "./define/elementFormula.ts";
import { formulaKernelNamed } from "./define/formulaLoss.ts";
import { ownDefinitionOf } from "./define/ownDefinitions.ts";
import { computePlainElements, computePlainVectors } from "./define/plainBlocks.ts";
import { probabilityBlockNamed } from "./define/probabilityLoss.ts";
import type { RowCall } from "./define/rowLoss.ts";
import * as losses from "./generated/threadedLosses.ts";

export { version } from "./generated/version.ts";

/** Computes a loss on whole blocks. The factor of the gradients is undefined if the call wants no gradient. */
export type ComputeBlocks = (arrays: BlockLossArrays, gradScale: number | undefined) => void;

/**
 * Returns what computes the loss of elements or vectors that has a name, with its own options.
 *
 * @param places where blocks find the arguments, the options that are arrays, and the upstream gradients.
 * @param isStored whether the losses of vectors are stored. They are not summed then.
 * @throws TypeError if this package has no such loss, or its formula may throw.
 */
export function blockLossNamed(
  { name, options, size }: Omit<NamedLoss, "version">,
  places: readonly InputPlace[],
  isStored = false,
): ComputeBlocks {
  const loss = (losses as Readonly<Record<string, object>>)[name];
  const definition = loss && ownDefinitionOf(loss);
  if (definition?.neverThrows && definition.kind === "element") {
    const formula = definition.formula(options as never);
    const names = definition.arguments ?? defaultArguments;
    if (isBlockFormula(formula)) {
      return (arrays, gradScale) => computePlainElements(names, formula, places, arrays, gradScale);
    }
  }
  if (definition?.neverThrows && definition.kind === "row" && size !== undefined) {
    const names = Object.keys(definition.arguments);
    const sizes = Object.values(definition.arguments).map((content) =>
      content === "vector" ? size : 1,
    );
    const formula = definition.formula(options as never, checkedCall(name, names));
    if (typeof formula === "object") {
      const vectors = { formula, size, names, sizes, isStored };
      return (arrays, gradScale) => computePlainVectors(vectors, places, arrays, gradScale);
    }
  }
  throw new TypeError(`blockLossNamed: there is no loss of elements or vectors named ${name}.`);
}

/** Returns a call of a loss of vectors whose shapes have been checked: that of one vector. */
function checkedCall(functionName: string, names: readonly string[]): RowCall {
  return {
    functionName,
    shapes: Object.fromEntries(names.map((name) => [name, []])),
    batchShape: [],
  };
}

/**
 * Returns what computes rows by the formula of the loss of classes that has a name, with its own options.
 *
 * @throws TypeError if this package has no such loss.
 */
export function formulaLossNamed(name: string, options: object): SoftCrossEntropyKernel {
  // As in `composedLossNamed`, the check keeps the modules of the losses.
  const kernel = Object.hasOwn(losses, name) ? formulaKernelNamed(name, options) : undefined;
  if (kernel === undefined) {
    throw new TypeError(`formulaLossNamed: no loss named ${name} has a formula of its rows.`);
  }
  return kernel;
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
