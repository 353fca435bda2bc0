// The laws of large numbers notice formulas that overflow. The mutants are wrong in one place each.
import { logSoftmax, softmax } from "@surprisal/core";
import { sumOf } from "@surprisal/core/authoring";
import { describe, it } from "vitest";
import {
  type ClassFormula,
  type ClassLossOptions,
  defineLoss,
  type LossOptions,
} from "../src/define/defineLoss.ts";
import type { Call } from "./calls.ts";
import { expectNoticed } from "./expectNoticed.ts";
import { expectLargeLogits, expectLargeNumbers } from "./largeNumbers.ts";
import { float64 } from "./tensors.ts";

describe("large logits", () => {
  const lossOf = (formula: ClassFormula) =>
    defineLoss<ClassLossOptions>({ kind: "class", name: "negativeLog", formula: () => formula });

  const crossEntropy: ClassFormula = (x, coefficients, gradient) => {
    const y = logSoftmax(x);
    let total = 0;
    for (let t = 0; t < x.length; t++) {
      const c = coefficients[t];
      if (c === 0) continue;
      total -= c * y[t];
      for (let j = 0; gradient && j < x.length; j++) {
        gradient[j] += c * (Math.exp(y[j]) - +(j === t));
      }
    }
    return total;
  };

  it("have the right loss and gradient", () => {
    /** Returns the formula with other probabilities or logarithms of them. */
    const naive = (
      softmaxOf: (x: Float64Array) => Float64Array,
      logOf: (p: number) => number,
    ): ClassFormula => {
      return (x, coefficients, gradient) => {
        const p = softmaxOf(x);
        let total = 0;
        for (let t = 0; t < x.length; t++) {
          const c = coefficients[t];
          if (c === 0) continue;
          total -= c * logOf(p[t]);
          for (let j = 0; gradient && j < x.length; j++) gradient[j] += c * (p[j] - +(j === t));
        }
        return total;
      };
    };
    const overflowing = (x: Float64Array) => {
      const terms = x.map(Math.exp);
      return terms.map((term) => term / sumOf(terms));
    };
    const stable = (x: Float64Array) => softmax(x);
    expectNoticed(expectLargeLogits, lossOf(crossEntropy), {
      "exp of the logits": lossOf(naive(overflowing, Math.log)),
      "the logarithm of a softmax": lossOf(naive(stable, Math.log)),
      "a softmax that is at least 1e-12": lossOf(
        naive(stable, (p) => Math.log(Math.max(p, 1e-12))),
      ),
      "a softmax plus 1e-12": lossOf(naive(stable, (p) => Math.log(p + 1e-12))),
      "logits of at least -700": lossOf((x, ...rest) => {
        const max = Math.max(...x);
        return crossEntropy(
          x.map((logit) => Math.max(logit, max - 700)),
          ...rest,
        );
      }),
    });
  });

  it("may overflow like exponentials", () => {
    // exp(Σ c (max − xₜ)) is the largest of all at the least logit.
    expectLargeLogits(
      lossOf((x, c, gradient) => {
        const max = Math.max(...x);
        const top = x.indexOf(max);
        let total = 0;
        for (let t = 0; t < x.length; t++) {
          if (c[t] === 0) continue;
          const value = c[t] * Math.exp(max - x[t]);
          total += value;
          if (gradient === undefined || t === top) continue;
          gradient[t] -= value;
          gradient[top] += value;
        }
        return total;
      }),
    );
  });
});

describe("the losses of large numbers", () => {
  type Function = (x: number) => number;
  const lossOf = (loss: Function, gradient: Function) =>
    defineLoss<LossOptions, []>({
      kind: "element",
      name: "large",
      arguments: ["input"],
      formula: () => ({ loss, gradients: { input: gradient } }),
    });
  const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const call: Call = { label: "a vector", input: float64([1, -2], [2]), rest: [] };

  it("are finite, and their gradients are numbers", () => {
    expectNoticed((loss) => expectLargeNumbers(loss, call), lossOf(softplus, sigmoid), {
      "exp overflows": lossOf((x) => Math.log1p(Math.exp(x)), sigmoid),
      "a probability becomes 1": lossOf((x) => -Math.log(1 - sigmoid(x)), sigmoid),
      "∞ / ∞": lossOf(softplus, (x) => Math.exp(x) / (1 + Math.exp(x))),
      "NaN at 1e9 alone": lossOf((x) => (x > 1e8 ? Number.NaN : softplus(x)), sigmoid),
    });
  });

  it("may overflow, or be no numbers on one side of 0", () => {
    expectLargeNumbers(lossOf(Math.exp, Math.exp), call);
    expectLargeNumbers(
      lossOf(
        (x) => Math.exp(0.01 * x),
        (x) => 0.01 * Math.exp(0.01 * x),
      ),
      call,
    );
    expectLargeNumbers(
      lossOf(Math.log, (x) => 1 / x),
      call,
    );
  });
});
