import { type Tensor, tensor } from "@surprisal/core";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { expect, test } from "vitest";
import { fused } from "../routes.ts";
import { Network } from "./network.ts";

const random = xoroshiro128plus(7);
const input = tensor(
  Float32Array.from({ length: 3 * 6 }, () => 2 * uniformFloat64(random) - 1),
  [3, 6],
);
const labels = Uint8Array.of(3, 0, 1);

test.each([
  { model: "one linear layer", sizes: [6, 4] },
  { model: "one hidden layer", sizes: [6, 5, 4] },
  { model: "two hidden layers", sizes: [6, 5, 3, 4] },
])("$model: the gradient of each parameter is its central difference", ({ sizes }) => {
  const network = new Network(sizes, random);
  const loss = () => fused.lossAndGrad(network.forward(input), labels);
  // Biases start at 0, where a wrong use of them would go unnoticed.
  for (const { values } of network.parameters) {
    values.forEach((value, k) => {
      values[k] = value + 0.5 * uniformFloat64(random);
    });
  }
  // Run twice: the gradients of an earlier batch must not remain.
  network.backward(loss().grad);
  network.backward(loss().grad);
  const gradients = network.parameters.flatMap(({ grad }) => [...grad]);

  const STEP = 2 ** -7;
  const differences = network.parameters.flatMap(({ values }) =>
    Array.from(values, (value, k) => {
      values[k] = value + STEP;
      const above = loss().value;
      values[k] = value - STEP;
      const below = loss().value;
      values[k] = value;
      return (above - below) / (2 * STEP);
    }),
  );

  const largest = Math.max(...gradients.map(Math.abs));
  expect(largest).toBeGreaterThan(0.1);
  const error = Math.max(...gradients.map((g, k) => Math.abs(g - differences[k])));
  // The error of a difference is about 1e-7 / STEP, because logits are float32, plus STEP² / 6.
  expect(error).toBeLessThan(4e-5);
});

test("the seed determines the weights", () => {
  const weights = (seed: number) => new Network([6, 5, 4], xoroshiro128plus(seed)).parameters;
  expect(weights(1)).toEqual(weights(1));
  expect(weights(1)).not.toEqual(weights(2));
});

test("classify returns the index of the largest logit", () => {
  const network = new Network([3, 3], random);
  const [weight] = network.parameters;
  weight.values.set([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  const logits: Tensor<Float32Array> = tensor(Float32Array.of(1, 3, 2, -1, -2, -3), [2, 3]);
  expect([...network.classify(logits)]).toEqual([1, 0]);
});
