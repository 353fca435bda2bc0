import { tensor } from "@surprisal/core";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { describe, expect, it } from "vitest";
import { choosePairs, modulus } from "./addition.ts";
import { type OptimizerName, type Report, reportEvery, trainByEach } from "./index.ts";
import { Network } from "./network.ts";
import { subtractOne, sumOthers } from "./routes.ts";

/** Returns the reports of a training, which are 20 steps apart. */
const course = (optimizer: OptimizerName, steps: number): Report[] => [
  ...trainByEach(optimizer, steps),
];

describe("normalised gradient descent", () => {
  const reports = course("normalizedDescent", 2000);
  const at = (step: number) => reports[step / reportEvery];

  it("starts both routes from the same network, and both learn every pair", () => {
    expect(at(0).subtractOne.loss).toBe(at(0).sumOthers.loss);
    expect(at(0).sumOthers.loss).toBeCloseTo(Math.log(modulus), 1);
    for (const { accuracy, loss } of Object.values(at(500))) {
      expect(accuracy).toBe(1);
      expect(loss).toBeCloseTo(2.8e-3, 4);
    }
  });

  it("goes on falling with the exact gradient", () => {
    expect(at(1000).sumOthers.loss).toBeLessThan(2e-8);
    expect(at(1500).sumOthers.loss).toBeLessThan(1e-14);
    expect(at(2000).sumOthers.loss).toBeLessThan(1e-21);
    expect(at(2000).sumOthers.loss).toBeGreaterThan(1e-23);
    expect(reports.every(({ sumOthers: { silent } }) => silent === 0)).toBe(true);
  });

  it("stalls where p − 1 is rounded to 0", () => {
    const late = reports.slice(1000 / reportEvery).map(({ subtractOne: { loss } }) => loss);
    expect(Math.min(...late)).toBeGreaterThan(1e-9);
    expect(Math.max(...late)).toBeLessThan(1e-5);
    expect(at(500).subtractOne.silent).toBe(0);
    expect(at(2000).subtractOne.silent).toBeGreaterThan(0.5);
    expect(at(2000).subtractOne.accuracy).toBe(1);
  });
});

it("shows no difference between the routes in the first 500 steps of Adam", () => {
  const { subtractOne: rounded, sumOthers: exact } = course("adam", 500)[500 / reportEvery];
  expect(exact.loss).toBeLessThan(5e-3);
  expect(rounded.loss / exact.loss).toBeCloseTo(1, 2);
});

describe("a route", () => {
  const gradientsOf = (logits: number[]) =>
    [subtractOne, sumOthers].map((route) =>
      Array.from(route(tensor(Float32Array.from(logits), [1, 3]), Uint8Array.of(0)).data),
    );

  it("gives the same gradient where the row is not sure", () => {
    const [rounded, exact] = gradientsOf([2, 1, 0]);
    for (const [j, slope] of rounded.entries()) expect(slope).toBeCloseTo(exact[j], 6);
  });

  it("gives 0 at the target of a sure row only if it subtracts 1", () => {
    const [rounded, exact] = gradientsOf([20, 0, 0]);
    expect(rounded[0]).toBe(0);
    expect(exact[0] / -(2 * Math.exp(-20))).toBeCloseTo(1, 6);
  });
});

it("trains on 60 % of the pairs, each once", () => {
  const { first, second, sums } = choosePairs(xoroshiro128plus(1));
  const pairs = new Set(Array.from(first, (a, i) => a * modulus + second[i]));
  expect(pairs.size).toBe(317);
  expect(sums.every((sum, i) => sum === (first[i] + second[i]) % modulus)).toBe(true);
});

it("computes the gradients of the parameters that central differences show", () => {
  const random = xoroshiro128plus(2);
  const pairs = choosePairs(random);
  const network = new Network(pairs, random);
  /** A function of the logits whose gradient is the logits: half the sum of their squares. */
  const half = () => network.forward().data.reduce((sum, x) => sum + (x * x) / 2, 0);
  network.backward(network.forward());
  for (const { data, grad } of network.parameters) {
    const i = Math.floor(data.length / 2);
    const [value, step] = [data[i], 1e-3];
    data[i] = value + step;
    const above = half();
    data[i] = value - step;
    const below = half();
    data[i] = value;
    expect((above - below) / (2 * step) / grad[i]).toBeCloseTo(1, 2);
  }
});
