import {
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

/** The formulas of all losses that `formulaLoss` makes, from which workers compute their part. */
const formulasByName = /* @__PURE__ */ new Map<string, FormulaOf<never>>();

/**
 * Returns the name and the formula of a class loss of this package, and a kernel that computes the formula on several
 * threads, if there are threads. The formula's gradient must be proportional to its coefficients.
 */
export function formulaLoss<Options extends object>(
  name: string,
  formula: FormulaOf<Options>,
): FormulaParts<Options> {
  formulasByName.set(name, formula);
  return {
    name,
    formula,
    softTargetKernel: (options) => {
      const loss: NamedLoss = { name, version, options };
      const kernel = rowKernel(name, formula, options);
      return (x, layout, targets, rows, gradient) => {
        const call = { loss, x, layout, targets, rows, gradient, kernel };
        return registeredBackend()?.classFormula?.(call) === true;
      };
    },
  };
}

/** Returns what computes rows by the formula that `formulaLoss` has under a name; undefined if there is none. */
export function formulaKernelNamed(
  name: string,
  options: object,
): SoftCrossEntropyKernel | undefined {
  const formula = formulasByName.get(name);
  return formula && rowKernel(name, formula, options as never);
}

/** Returns what computes rows on the calling thread. */
function rowKernel<Options>(
  name: string,
  formulaOf: FormulaOf<Options>,
  options: Options,
): SoftCrossEntropyKernel {
  return (input, layout, targets, rows, gradient) => {
    const batch = { ...targets, input, layout };
    evaluateFormula(name, formulaOf(options, layout.size), batch, rows, gradient, true);
    return true;
  };
}
