import {
  type BitwiseOr,
  type FloatView,
  type KernelArray,
  type RowData,
  readFloatsOrIntegers,
  readNumbers,
  releaseClassIndices,
  releaseInput,
} from "@surprisal/core/authoring";
import { balanceBatch } from "./balanceWeights.ts";
import { checkRowFunction } from "./checkReturned.ts";
import { readBatch, readInput } from "./classArguments.ts";
import { type ClassBatch, meanDivisor, releaseClassWeight, withClassWeight } from "./classBatch.ts";
import type { ClassLossDefinition } from "./classDefinition.ts";
import { evaluateFormula, evaluateWithoutClasses } from "./classFormula.ts";
import { classRowData, withClassWeights } from "./classRowData.ts";
import { classSchemas, type ParsedClassOptions } from "./classSchemas.ts";
import type { ClassSpecificOptions, Loss, WithSchemas } from "./loss.ts";
import { makeLoss } from "./makeLoss.ts";
import type { ClassLossOptions } from "./options.ts";
import type { DifferentiableInput, PreparedLoss } from "./preparedLoss.ts";
import { overlaps } from "./sharedMemory.ts";
import { trySingleRow } from "./singleRow.ts";
import { trySmallRow } from "./smallRow.ts";
import type { ClassTarget } from "./target.ts";
import { asksForTarget, evaluateTargetGradient } from "./targetGradient.ts";

/**
 * Makes a loss over the classes of an axis, without checking its definition.
 *
 * The losses of this package use it, so that bundles do not contain the checks. A test checks their
 * definitions.
 *
 * @param bitwiseOr a faster bitwise or, for the check of class probabilities. It is in WebAssembly, which other bundles
 * need not contain.
 */
export function classLoss<Options extends ClassLossOptions = ClassLossOptions>(
  definition: WithSchemas<
    ClassLossDefinition<ClassSpecificOptions<Options>>,
    ClassSpecificOptions<Options>
  >,
  bitwiseOr?: BitwiseOr,
): Loss<[target: ClassTarget], Options> {
  const { singleRow } = definition;
  return makeLoss(
    definition,
    2,
    classSchemas,
    (functionName, args, common, specific) =>
      prepareClassLoss(functionName, definition, args, common, specific, bitwiseOr),
    {
      withoutOptions: singleRow && ((input, target) => trySingleRow(singleRow, input, target)),
      withOptions: (args, common, specific, hasGradient) =>
        trySmallRow(definition, args, common, specific, hasGradient),
    },
  ) as unknown as Loss<[target: ClassTarget], Options>;
}

function prepareClassLoss<Specific>(
  functionName: string,
  definition: ClassLossDefinition<Specific>,
  args: readonly unknown[],
  options: ParsedClassOptions,
  specific: Specific,
  bitwiseOr: BitwiseOr | undefined,
): PreparedLoss {
  const { tensor, input } = readInput(functionName, args, definition.takesNumbers === true);
  const meanOverWeights = definition.meanOver !== "rows";
  const asksTarget = definition.classLosses !== undefined && asksForTarget({ ...options });
  const readTarget = asksTarget ? readFloatsOrIntegers : readNumbers;
  const targetView = readTarget(`${functionName}: target`, args[1]);
  const softcap = definition.softcap?.(specific);
  const argument = { value: args[1], view: targetView, bitwiseOr };
  const read = readBatch(functionName, input, argument, options, softcap);
  // A penalty is multiplied by the weight of a row, but not by that of a class.
  const isProportional = definition.hasPenalty?.(specific) !== true;
  const balanced = () => balanceBatch(read, meanOverWeights && isProportional);
  const batch = withClassWeight(options.reduction === "mean" ? balanced() : read);
  const { layout, target, sampleWeight, zeroWhenEmpty } = batch;
  const inputs: DifferentiableInput[] = [{ name: "input", tensor }];
  if (asksTarget && target.kind === "probabilities" && "kind" in targetView) {
    inputs.push({ name: "target", tensor: targetView as FloatView });
  }

  return {
    inputs,
    differentiable: asksTarget ? ["input", "target"] : undefined,
    otherInputs: target.kind === "probabilities" ? [{ data: target.data, shape: input.shape }] : [],
    shape: batch.shape,
    sampleWeight,
    // The second gradient reads arguments that the first may have been written to.
    canThrow: definition.neverThrows !== true || inputs.length > 1,
    meanDivisor: meanDivisor(batch, meanOverWeights),
    emptyMean: zeroWhenEmpty ? 0 : Number.NaN,
    evaluate(storeLosses, loadGradScale, gradients) {
      // A kernel may check probabilities while it computes only where it writes nothing that an error would leave behind.
      const writes = gradients !== undefined || options.reduction === "none";
      const check = target.kind === "probabilities" ? target.check : undefined;
      if (writes || layout.size === 0) check?.();
      if (layout.size === 0) evaluateWithoutClasses(batch, options.reduction, storeLosses);
      else {
        const rows = classRowData(batch, storeLosses, loadGradScale);
        const checkLater = writes ? undefined : check;
        const out = gradients?.[0];
        // Kernels read probabilities after they have begun to write the gradient.
        const isTarget = target.kind === "probabilities" && overlaps(out, target.data);
        const gradient = isTarget ? out?.slice() : out;
        computeLosses(functionName, definition, specific, batch, rows, gradient, checkLater);
        if (isTarget && gradient !== undefined) out?.set(gradient);
        if (gradients?.[1] && loadGradScale) {
          const classLosses = definition.classLosses?.(specific);
          if (classLosses) evaluateTargetGradient(batch, classLosses, loadGradScale, gradients[1]);
        }
      }
      releaseInput(input);
      if (target.kind === "indices") releaseClassIndices(target);
      releaseClassWeight(batch);
    },
  };
}

/**
 * Computes the losses of all rows, and their gradients if `gradient` is given, in the fastest way that can.
 *
 * @param check checks the probabilities, if they have not been checked.
 */
function computeLosses<Specific>(
  functionName: string,
  definition: ClassLossDefinition<Specific>,
  specific: Specific,
  batch: ClassBatch,
  rows: RowData,
  gradient: KernelArray | undefined,
  check?: (bits?: number) => void,
): void {
  const { input, layout, target, weight, classWeight, labelSmoothing, softcap, skipMasked } = batch;
  if (target.kind === "indices" && labelSmoothing === 0) {
    const weightedRows = classWeight
      ? withClassWeights(classWeight, rows, gradient !== undefined)
      : rows;
    if (softcap < Number.POSITIVE_INFINITY) {
      const kernel = definition.softcapKernel?.(specific);
      const options = { cap: softcap, skipMasked };
      if (kernel?.(input, layout, weightedRows, gradient, options)) return;
    } else {
      const kernel = definition.classIndexKernel?.(specific);
      if (kernel !== undefined) {
        kernel(input, layout, weightedRows, gradient);
        return;
      }
    }
  }
  const probabilities = target.kind === "probabilities" ? target.data : undefined;
  let bits: number | undefined;
  const receiveBits =
    check &&
    ((received: number) => {
      bits = received;
    });
  const coefficients = { probabilities, weight, labelSmoothing, skipMasked };
  const targets = { ...coefficients, softcap, zLoss: 0, receiveBits };
  const kernel = definition.softTargetKernel?.(specific);
  const isComputed = kernel?.(input, layout, targets, rows, gradient);
  // An author's kernel need not give the bits.
  check?.(bits);
  if (isComputed) return;
  const formula = definition.formula(specific, layout.size);
  checkRowFunction(functionName, formula);
  const isProportional = definition.hasPenalty?.(specific) !== true;
  const formulaBatch = { ...batch, probabilities };
  evaluateFormula(functionName, formula, formulaBatch, rows, gradient, isProportional);
}
