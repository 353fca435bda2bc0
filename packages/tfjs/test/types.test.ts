// What the compiler accepts and refuses. Only tsc checks these lines; they do not run.

import type * as tf from "@tensorflow/tfjs-core";
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { expectTypeOf, it } from "vitest";
import { crossEntropy, ctcLoss, gaussianNllLoss, klDiv } from "../src/index.ts";

declare const [x, t]: Tensor[];
declare const optimizer: tf.Optimizer;
declare const reduction: "mean" | "none";

it("has the type of the reduction", () => {
  const types = () => {
    expectTypeOf(crossEntropy(x, t)).toEqualTypeOf<Scalar>();
    expectTypeOf(crossEntropy(x, t, { weight: [1, 3] })).toEqualTypeOf<Scalar>();
    expectTypeOf(crossEntropy(x, t, { reduction: "sum" })).toEqualTypeOf<Scalar>();
    expectTypeOf(klDiv(x, t, { reduction: "batchmean" })).toEqualTypeOf<Scalar>();
    expectTypeOf(crossEntropy(x, t, { reduction: "none" })).toEqualTypeOf<Tensor>();
    expectTypeOf(crossEntropy(x, t, { reduction })).toEqualTypeOf<Tensor>();
    optimizer.minimize(() => crossEntropy(x, t));
    // @ts-expect-error -- optimizers minimize one number.
    optimizer.minimize(() => crossEntropy(x, t, { reduction: "none" }));
  };
  expectTypeOf(types).toBeFunction();
});

it("takes as many tensors as the loss, and its options", () => {
  const types = () => {
    gaussianNllLoss(x, t, x, { full: true });
    ctcLoss(x, t, t, t);
    // @ts-expect-error -- the target is missing.
    crossEntropy(x);
    // @ts-expect-error -- the target is missing.
    crossEntropy(x, { reduction: "sum" });
    // @ts-expect-error -- weights are options.
    crossEntropy(x, t, t);
    // @ts-expect-error -- an unknown option.
    crossEntropy(x, t, { weights: [1, 3] });
    // @ts-expect-error -- TensorFlow.js computes the gradients.
    crossEntropy(x, t, { gradOutput: 2 });
  };
  expectTypeOf(types).toBeFunction();
});
