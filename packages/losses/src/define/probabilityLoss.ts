import {
  bufferPool,
  type ClassFunctionForm,
  composedSoftCrossEntropyKernel,
  expOfNegativeKernel,
  maxBlockRows,
  type SoftCrossEntropyKernel,
} from "@surprisal/core/authoring";
import { version } from "../generated/version.ts";
import type { ClassFormula, ClassIndexKernel } from "./classDefinition.ts";
import { type CrossEntropyBlock, crossEntropyBlocks } from "./crossEntropyBlocks.ts";
import { crossEntropyFormula, crossEntropyLosses, type LossBlock } from "./crossEntropyFormula.ts";
import { formulaLoss } from "./formulaLoss.ts";
import type { ClassLosses } from "./targetGradient.ts";

const createFloats = (length: number): Float64Array => new Float64Array(length);

const powerPool = /* @__PURE__ */ bufferPool(createFloats);
const complementPool = /* @__PURE__ */ bufferPool(createFloats);

/**
 * Replaces the first `count` cross-entropies c by losses. With `derivatives` it also writes the derivatives of the losses
 * with respect to c.
 *
 * p is e^(−q · c), a power of the target's probability, and `complement` is 1 − p. Both keep their digits where they are
 * small. c may be 0 or ∞: the loss and the derivative must not be NaN there.
 *
 * Each loss has its own loop. A shared loop, which calls a function for each row, takes several times as long once it has
 * called the functions of several losses.
 */
type ProbabilityBlock = (
  values: Float64Array,
  p: Float64Array,
  complement: Float64Array,
  count: number,
  derivatives: Float64Array | undefined,
) => void;

/** A class loss that is a function of the probability of each row's target. It is 0 where the cross-entropy is 0. */
export interface ProbabilityLoss {
  /** q. The default is 1: p is the probability. */
  readonly exponent?: number;
  readonly block: ProbabilityBlock;
  /** The same function in the form that kernels compute, if it has this form. Kernels compute soft targets by it. */
  readonly form?: ClassFunctionForm | undefined;
}

/** The parts of a class loss's definition that compute it. */
interface ClassLossParts<Options> {
  readonly name: string;
  readonly classIndexKernel: (options: Options) => ClassIndexKernel;
  readonly formula: (options: Options, classes: number) => ClassFormula;
  readonly softTargetKernel: (options: Options) => SoftCrossEntropyKernel;
  readonly classLosses: (options: Options) => ClassLosses;
}

/** The functions of all losses that `probabilityLoss` makes, from which workers compute their part. */
const functionsByName = /* @__PURE__ */ new Map<string, (options: never) => ProbabilityLoss>();

/**
 * Returns the name, the kernels and the formula of a class loss that is a function of the probability of each row's
 * target.
 */
export function probabilityLoss<Options extends object>(
  name: string,
  functionsOf: (options: Options) => ProbabilityLoss,
): ClassLossParts<Options> {
  functionsByName.set(name, functionsOf);
  return {
    ...formulaLoss(
      name,
      (options: Options) => crossEntropyFormula(probabilityBlock(functionsOf(options))),
      (options) => blockKernel(functionsOf(options)),
    ),
    classIndexKernel: (options) =>
      crossEntropyBlocks(probabilityBlock(functionsOf(options)), { name, version, options }),
    classLosses: (options) => crossEntropyLosses(probabilityBlock(functionsOf(options))),
  };
}

/** Returns what computes the blocks of the loss that `probabilityLoss` has made under a name; undefined if there is none. */
export function probabilityBlockNamed(
  name: string,
  options: object,
): CrossEntropyBlock | undefined {
  const functionsOf = functionsByName.get(name);
  return functionsOf && probabilityBlock(functionsOf(options as never));
}

/** With a larger factor, a probability that underflows to 0 may matter. */
const maxFactor = 2 ** 500;

/**
 * Returns the kernel that computes many rows at once, for any coefficients; undefined if there is none: kernels compute p
 * only for the exponent 1, unless they know the form of the function. Its factors must not be huge.
 */
function blockKernel({
  exponent = 1,
  block,
  form,
}: ProbabilityLoss): SoftCrossEntropyKernel | undefined {
  if (exponent !== 1 && form === undefined) return undefined;
  if (form?.name === "linear" && Math.max(form.crossEntropy, form.complement) > maxFactor) {
    return undefined;
  }
  const loss = { form, replaceByLosses: block };
  return (...args) => composedSoftCrossEntropyKernel(...args, loss);
}

/** Returns the function that computes a block, with one exponential for the loss and derivative of a row. */
function probabilityBlock({ exponent = 1, block }: ProbabilityLoss): LossBlock {
  return (values, count, derivatives, total) => {
    const length = Math.min(values.length, maxBlockRows);
    const p = powerPool.acquire(length);
    const complement = complementPool.acquire(length);
    for (let first = 0; first < count; first += length) {
      const size = Math.min(length, count - first);
      const part = first === 0 ? values : values.subarray(first, first + size);
      expOfNegativeKernel(part, exponent, p, complement, size, total);
      block(part, p, complement, size, derivatives?.subarray(first));
    }
    powerPool.release(p);
    complementPool.release(complement);
  };
}
