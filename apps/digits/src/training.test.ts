import { tensor } from "@surprisal/core";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { describe, expect, test } from "vitest";
import { difference } from "./comparison.ts";
import { readDigits } from "./data/readDigits.ts";
import { split } from "./data/sampling.ts";
import { fused, type Route, viaLogSoftmax, viaSoftmax } from "./routes.ts";
import { DEFAULTS } from "./terminal/options.ts";
import { type Run, trainByEach, trainStepwise } from "./training.ts";

const digits = readDigits();
const routes = [viaSoftmax, viaLogSoftmax, fused];

function train(sizes: readonly number[], epochs: number, seed: number): Run[] {
  const parts = split(digits, xoroshiro128plus(seed));
  return trainByEach(routes, { sizes, epochs, seed }, parts);
}

/** Returns a run without its times. */
function numbersOf(runs: readonly Run[]) {
  return runs.map(({ network, epochs }) => ({
    losses: epochs.map(({ loss }) => loss),
    accuracies: epochs.map(({ accuracy }) => accuracy),
    weights: network.parameters.map(({ values }) => values),
  }));
}

describe.each([
  { model: "one linear layer", sizes: [64, 10], accuracy: 0.94 },
  { model: "one hidden layer", sizes: [64, 32, 10], accuracy: 0.95 },
])("$model", ({ sizes, accuracy }) => {
  test("each of three epochs reduces the loss", () => {
    for (const { epochs } of train(sizes, 3, 5)) {
      const [first, second, third] = epochs.map(({ loss }) => loss);
      // ln 10 is the loss of uniform probabilities.
      expect(first).toBeLessThan(Math.log(10));
      expect(second).toBeLessThan(first);
      expect(third).toBeLessThan(second);
    }
  });

  test("the default run classifies the held-out digits, with the same result by each route", () => {
    const runs = train(sizes, DEFAULTS.epochs, DEFAULTS.seed);
    const { heldOut } = split(digits, xoroshiro128plus(DEFAULTS.seed));
    for (const { network, epochs } of runs) {
      expect(epochs).toHaveLength(DEFAULTS.epochs);
      const answers = network.classify(heldOut.pixels);
      const right = heldOut.labels.filter((label, i) => label === answers[i]).length;
      expect(right / 359).toBeGreaterThanOrEqual(accuracy);
      expect(epochs[epochs.length - 1].accuracy).toBe(right / 359);
    }
    const [textbook, stable, reference] = runs;
    for (const run of [textbook, stable]) {
      const { loss, weight } = difference(run, reference, digits.pixels);
      // A batch differs by a float32 rounding of 1e-7; over 1350 steps few of them accumulate.
      expect(loss).toBeLessThan(1e-7);
      expect(weight).toBeLessThan(1e-5);
    }
  });

  test("a run depends on its seed only", () => {
    const once = numbersOf(train(sizes, 2, 1));
    expect(numbersOf(train(sizes, 2, 1))).toEqual(once);
    const other = numbersOf(train(sizes, 2, 2));
    once.forEach(({ losses, weights }, k) => {
      expect(other[k].losses).not.toEqual(losses);
      expect(other[k].weights).not.toEqual(weights);
    });
  });
});

describe("an epoch", () => {
  const parts = split(digits, xoroshiro128plus(1));
  const plan = { sizes: [64, 10], epochs: 3, seed: 1 };

  function stub(name: string, onBatch: () => void = () => {}): Route {
    return {
      name,
      lossAndGrad({ data, shape }, labels) {
        onBatch();
        return { value: labels.length, grad: tensor(new Float32Array(data.length), shape) };
      },
    };
  }

  test("has the mean loss of its images, even if the last batch is smaller", () => {
    const [{ epochs }] = trainByEach([stub("the size of the batch")], plan, parts);
    // 1438 images: 44 batches of 32, and one of 30.
    expect(epochs[0].loss).toBe((44 * 32 * 32 + 30 * 30) / 1438);
  });

  test("is computed on demand, with the same numbers as a whole run", () => {
    const [whole] = trainByEach([fused], plan, parts);
    const steps = trainStepwise(fused, plan, parts);
    const losses: number[] = [];
    for (let k = 0; k < plan.epochs; k++) {
      const { epochs } = steps.next().value;
      expect(epochs).toHaveLength(k + 1);
      losses.push(epochs[k].loss);
    }
    expect(losses).toEqual(whole.epochs.map(({ loss }) => loss));
  });

  test("begins with another route each time", () => {
    const order: string[] = [];
    const recorded = ["a", "b", "c"].map((name) =>
      stub(name, () => {
        if (order.at(-1) !== name) order.push(name);
      }),
    );
    trainByEach(recorded, plan, parts, () => order.push("|"));
    expect(order.join("")).toBe("abc|bca|cab|");
  });
});
