import {
  bufferPool,
  expBelowZero,
  expOfNegativeKernel,
  maxBlockRows,
} from "@surprisal/core/authoring";
import { version } from "../generated/version.ts";
import type { ClassFormula, ClassIndexKernel } from "./classLoss.ts";
import { type CrossEntropyBlock, crossEntropyBlocks } from "./crossEntropyBlocks.ts";
import { crossEntropyFormula, crossEntropyLosses } from "./crossEntropyFormula.ts";
import type { ClassLosses } from "./targetGradient.ts";

const createFloats = (length: number): Float64Array => new Float64Array(length);

const powerPool = /* @__PURE__ */ bufferPool(createFloats);
const complementPool = /* @__PURE__ */ bufferPool(createFloats);

/**
 * A function of a row's cross-entropy c, of p = e^(−q · c), which is a power of the target's probability, and of 1 − p.
 * Both p and 1 − p keep their digits where they are small. The function must return a number for c = ∞.
 */
type ProbabilityFunction = (c: number, p: number, complement: number) => number;

/** A class loss that is a function of the probability of each row's target. */
export interface ProbabilityLoss {
  /** q. The default is 1: p is the probability. */
  readonly exponent?: number;
  readonly loss: ProbabilityFunction;
  /** The derivative of the loss by c. */
  readonly derivative: ProbabilityFunction;
}

/** The parts of a class loss's definition that compute it. */
interface ClassLossParts<Options> {
  readonly name: string;
  readonly classIndexKernel: (options: Options) => ClassIndexKernel;
  readonly formula: (options: Options) => ClassFormula;
  readonly classLosses: (options: Options) => ClassLosses;
}

/** The functions of all losses that `probabilityLoss` makes, from which workers compute their part. */
const functionsByName = /* @__PURE__ */ new Map<string, (options: never) => ProbabilityLoss>();

/**
 * Returns the name, the kernel and the formula of a class loss that is a function of the probability of each row's
 * target.
 */
export function probabilityLoss<Options extends object>(
  name: string,
  functionsOf: (options: Options) => ProbabilityLoss,
): ClassLossParts<Options> {
  functionsByName.set(name, functionsOf);
  return {
    name,
    classIndexKernel: (options) =>
      crossEntropyBlocks(probabilityBlock(functionsOf(options)), { name, version, options }),
    formula(options) {
      const { exponent, loss, derivative } = functionsOf(options);
      return crossEntropyFormula(
        ofCrossEntropy(loss, exponent),
        ofCrossEntropy(derivative, exponent),
      );
    },
    classLosses(options) {
      const { exponent, loss } = functionsOf(options);
      return crossEntropyLosses(ofCrossEntropy(loss, exponent));
    },
  };
}

/** Returns a function of the cross-entropy alone. */
function ofCrossEntropy(evaluate: ProbabilityFunction, exponent = 1): (c: number) => number {
  return (c) => {
    const x = -exponent * c;
    if (x < -Math.LN2) {
      const p = expBelowZero(x);
      return evaluate(c, p, 1 - p);
    }
    const complement = -Math.expm1(x);
    return evaluate(c, 1 - complement, complement);
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

/** Returns what computes a block, with one exponential for a row's loss and derivative together. */
function probabilityBlock({ exponent = 1, loss, derivative }: ProbabilityLoss): CrossEntropyBlock {
  return (values, targets, count, derivatives, total) => {
    const p = powerPool.acquire(maxBlockRows);
    const complement = complementPool.acquire(maxBlockRows);
    for (let first = 0; first < count; first += maxBlockRows) {
      const size = Math.min(maxBlockRows, count - first);
      const part = size === values.length ? values : values.subarray(first, first + size);
      expOfNegativeKernel(part, exponent, p, complement, size, total);
      for (let i = 0; i < size; i++) {
        const row = first + i;
        if (targets[row] < 0) continue;
        const c = values[row];
        values[row] = loss(c, p[i], complement[i]);
        if (derivatives !== undefined) derivatives[row] = derivative(c, p[i], complement[i]);
      }
    }
    powerPool.release(p);
    complementPool.release(complement);
  };
}
