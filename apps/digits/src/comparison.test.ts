import { tensor } from "@surprisal/core";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { expect, test } from "vitest";
import { difference, typicalTimes } from "./comparison.ts";
import { Network } from "./model/network.ts";
import { fused } from "./routes.ts";
import type { Epoch, Run } from "./training.ts";

/** Images in which only pixel k is bright for class k. The weights are the identity. */
const images = tensor(Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1), [3, 3]);

function run(epochs: Partial<Epoch>[]): Run {
  const network = new Network([3, 3], xoroshiro128plus(1));
  network.parameters[0].values.set(images.data);
  const filled = epochs.map((epoch) => ({ loss: 0, accuracy: 0, time: 0, lossTime: 1, ...epoch }));
  return { route: fused, network, epochs: filled };
}

test("a run compared with itself has no differences", () => {
  const same = run([{ loss: 2 }, { loss: 1 }]);
  expect(difference(same, same, images)).toEqual({ loss: 0, weight: 0, answers: 0, slowdown: 1 });
});

test("differences are maxima of absolute values", () => {
  const reference = run([{ loss: 2 }, { loss: 1 }]);
  const other = run([{ loss: 2.25 }, { loss: 0.5 }]);
  const [weight, bias] = other.network.parameters;
  weight.values[3] = 0.5;
  bias.values[2] = -4;
  expect(difference(other, reference, images)).toMatchObject({ loss: 0.5, weight: 4, answers: 1 });
});

test("typical times are medians: one slow epoch does not count", () => {
  const times = [
    { time: 5, lossTime: 1 },
    { time: 900, lossTime: 800 },
    { time: 4, lossTime: 2 },
  ];
  expect(typicalTimes(run(times))).toEqual({ all: 5, loss: 2 });
  expect(typicalTimes(run(times.slice(1)))).toEqual({ all: 452, loss: 401 });
  expect(difference(run(times), run([{ lossTime: 4 }]), images).slowdown).toBe(0.5);
});
