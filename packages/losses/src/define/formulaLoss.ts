import {
  hasGradScaleAbove,
  minWasmLength,
  type NamedLoss,
  registeredBackend,
  type SoftCrossEntropyKernel,
} from "@surprisal/core/authoring";
import { version } from "../generated/version.ts";
import type { ClassFormula } from "./classDefinition.ts";
import { evaluateFormula } from "./classFormula.ts";

/** Returns the formula of one row, for a loss's own options and a number of classes. */
type FormulaOf<Options> = (options: Options, classes: number) => ClassFormula;

/** The parts of a class loss's definition that compute it by its formula. */
interface FormulaParts<Options> {
  readonly name: string;
  readonly formula: FormulaOf<Options>;
  readonly softTargetKernel: (options: Options) => SoftCrossEntropyKernel;
}

/** A loss that `formulaLoss` has made. */
interface FormulaLoss<Options> {
  readonly formula: FormulaOf<Options>;
  /** Returns a kernel that computes the formula faster, where it computes a call. */
  readonly fastKernel?: ((options: Options) => SoftCrossEntropyKernel | undefined) | undefined;
}

/** All these losses by name, from which workers compute their part. */
const lossesByName = /* @__PURE__ */ new Map<string, FormulaLoss<never>>();

/**
 * Returns the name and the formula of a class loss of this package, and a kernel that computes the formula on several
 * threads or with `fastKernel`, where one of them can. The formula's gradient must be proportional to its coefficients.
 *
 * @param fastKernel returns a kernel that computes the formula faster, for upstream gradients that are not extreme. Threads
 * compute blocks of a call, so the number of rows may not decide whether it computes a call.
 */
export function formulaLoss<Options extends object>(
  name: string,
  formula: FormulaOf<Options>,
  fastKernel?: (options: Options) => SoftCrossEntropyKernel | undefined,
): FormulaParts<Options> {
  const ownLoss = { formula, fastKernel };
  lossesByName.set(name, ownLoss);
  return {
    name,
    formula,
    softTargetKernel: (options) => {
      const loss: NamedLoss = { name, version, options };
      const kernel = rowKernel(name, ownLoss, options);
      const fast = fastKernel?.(options);
      return (x, layout, targets, rows, gradient) => {
        // This is decided for the whole call, so that results do not depend on its blocks.
        if (fast && x.length < minWasmLength) return false;
        const count = layout.outer * layout.inner;
        if (fast && gradient && hasGradScaleAbove(maxGradScale, rows, count)) return false;
        const call = { loss, x, layout, targets, rows, gradient, kernel };
        if (registeredBackend()?.classFormula?.(call)) return true;
        return fast?.(x, layout, targets, rows, gradient) === true;
      };
    },
  };
}

/** Returns what computes rows by the formula that `formulaLoss` has under a name; undefined if there is none. */
export function formulaKernelNamed(
  name: string,
  options: object,
): SoftCrossEntropyKernel | undefined {
  const loss = lossesByName.get(name);
  return loss && rowKernel(name, loss, options as never);
}

/** Returns what computes rows on the calling thread. */
function rowKernel<Options>(
  name: string,
  { formula, fastKernel }: FormulaLoss<Options>,
  options: Options,
): SoftCrossEntropyKernel {
  const fast = fastKernel?.(options);
  return (input, layout, targets, rows, gradient) => {
    if (fast?.(input, layout, targets, rows, gradient)) return true;
    const batch = { ...targets, input, layout };
    evaluateFormula(name, formula(options, layout.size), batch, rows, gradient, true);
    return true;
  };
}

/** With a larger upstream gradient, a probability that underflows to 0 may matter. */
const maxGradScale = 2 ** 500;
