import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { expect, test } from "vitest";
import { Network } from "../model/network.ts";
import { fused, type Route, viaSoftmax } from "../routes.ts";
import type { Run } from "../training.ts";
import { conclusion, courseTable, type Result, routeTable } from "./report.ts";

function run(route: Route, epochs: number): Run {
  return {
    route,
    network: new Network([1, 1], xoroshiro128plus(1)),
    epochs: Array.from({ length: epochs }, (_, k) => ({
      loss: 1 / (k + 1),
      accuracy: 0.9 + k / 1000,
      time: 20,
      lossTime: 2.5,
    })),
  };
}

function result(model: string, epochs: number, slowdown: number): Result {
  const difference = { loss: 2.5e-9, weight: 0, answers: 3, slowdown };
  const others = [{ run: run(viaSoftmax, epochs), difference }];
  return { model, reference: run(fused, epochs), others };
}

test("the table has a row for the first, each fifth and the last epoch", () => {
  const epochsShown = (epochs: number) =>
    [...courseTable(result("", epochs, 1)).matchAll(/^│ +(\d+) │/gm)].map(([, epoch]) => epoch);
  expect(epochsShown(12)).toEqual(["1", "5", "10", "12"]);
  expect(epochsShown(10)).toEqual(["1", "5", "10"]);
  expect(epochsShown(1)).toEqual(["1"]);
});

test("the table has the loss and the accuracy of each route", () => {
  const table = courseTable(result("", 5, 1));
  expect(table).toMatch(/softmax, log, NLL │ +crossEntropy/);
  expect(table).toMatch(/5 │ 0\.200000 +90\.4 % │ 0\.200000 +90\.4 %/);
});

test("the table of routes has times, and differences from the reference", () => {
  const table = routeTable(result("", 5, 1));
  expect(table).toMatch(/softmax, log, NLL │ +20\.0 ms │ +2\.50 ms │ 2\.5e-9 │ +0 │ +3 │/);
  expect(table).toMatch(/crossEntropy │ +20\.0 ms │ +2\.50 ms │ +│ +│ +│/);
});

test("the conclusion has the numbers of all models", () => {
  const results = [result("a small one", 5, 1.26), result("a large one", 11, 0.84)];
  expect(conclusion(results)).toBe(
    [
      "Learned with crossEntropy, held-out digits are read correctly:",
      "90.4 % with a small one, 91.0 % with a large one.",
      "The other routes are off by at most 2.5e-9 in a loss, 0 in a weight and",
      "3 in the answers; for the loss they took 0.8 to 1.3 times as long.",
    ].join("\n"),
  );
});
