import { tensor } from "@surprisal/core";
import * as losses from "@surprisal/losses";
import { random } from "@surprisal/testing";
import { afterEach, describe, it } from "vitest";
import {
  type AnyLoss,
  copyOf,
  expectSame,
  expectSameValue,
  giveWorkersTheirShare,
  memories,
  results,
  shared,
  useWorkers,
  weightsOf,
} from "./lossCalls.ts";

giveWorkersTheirShare();

/** The options of the loss, and what others are made of. */
interface TestOptions {
  readonly isWeighted?: boolean;
  readonly hasUpstream?: boolean;
  readonly weightShape?: number[];
  readonly [option: string]: unknown;
}

function lengthOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b);
}

describe("a loss of vectors has the same bits on several threads", () => {
  afterEach(() => useWorkers(0));

  it.each<[string, number[], TestOptions]>([
    ["jensenShannonDivergence", [30_001, 10], {}],
    ["jensenShannonDivergence", [301, 1000], { probabilities: true }],
    ["multilabelSoftMarginLoss", [30_001, 10], { reduction: "sum" }],
    ["multilabelSoftMarginLoss", [41, 7321], { gradOutput: 0.3 }],
    ["tripletMarginLoss", [3, 100_003], {}],
    ["tripletMarginLoss", [300_001, 1], {}],
    ["tripletMarginLoss", [3001, 101], { isWeighted: true }],
    ["tripletMarginLoss", [4, 100_003], { isWeighted: true }],
    ["jensenShannonDivergence", [30_001, 10], { isWeighted: true }],
    ["tripletMarginLoss", [13, 71, 333], { margin: 0.5, p: 1, swap: true }],
    ["jensenShannonDivergence", [30_001, 10], { reduction: "none" }],
    ["tripletMarginLoss", [301, 1000], { reduction: "none", isWeighted: true }],
    ["tripletMarginLoss", [300_001, 1], { reduction: "none", hasUpstream: true }],
    ["multilabelSoftMarginLoss", [41, 7321], { reduction: "none", hasUpstream: true }],
    ["multilabelSoftMarginLoss", [30_001, 10], { weightShape: [10], isWeighted: true }],
    ["multilabelSoftMarginLoss", [30_001, 10], { weightShape: [30_001, 10] }],
    ["cosineEmbeddingLoss", [30_001, 10], {}],
    ["cosineEmbeddingLoss", [300_001, 1], { margin: 0.3, isWeighted: true }],
    ["cosineEmbeddingLoss", [13, 71, 333], { reduction: "none", hasUpstream: true }],
  ])(
    "%s, shape %j, %j",
    async (name, shape, { isWeighted, hasUpstream, weightShape, ...given }) => {
      const rows = shape.slice(0, -1);
      const [rowCount, length] = [rows, shape].map(lengthOf);
      const options = {
        ...given,
        ...(weightShape && { weight: tensor(weightsOf(lengthOf(weightShape)), weightShape) }),
        ...(isWeighted && { sampleWeight: weightsOf(rowCount) }),
        ...(hasUpstream && { gradOutput: tensor(weightsOf(rowCount), rows) }),
      };
      const loss = (losses as unknown as Record<string, AnyLoss>)[name];
      const labels = Int8Array.from({ length: rowCount }, (_, i) => (i % 3 === 0 ? 1 : -1));
      const argumentsIn = (kind: string) => {
        const vectors = [1, 2, 3].slice(0, name === "tripletMarginLoss" ? 3 : 2).map((seed) => {
          const r = random(seed);
          const data = memories[kind](length);
          for (let k = 0; k < length; k++) data[k] = r.uniform();
          return tensor(data, shape);
        });
        return name === "cosineEmbeddingLoss"
          ? [...vectors, { data: labels, shape: rows }]
          : vectors;
      };
      const { gradOutput: _gradOutput, ...valueOptions } = options as Record<string, unknown>;
      const expectedValue = copyOf(loss(...argumentsIn("ordinary"), valueOptions));
      const expected = results(loss, argumentsIn("ordinary"), options);
      await useWorkers(2);
      for (const kind of Object.keys(memories)) {
        const args = argumentsIn(kind);
        await shared(
          () => copyOf(loss(...args, valueOptions)),
          (value) => expectSameValue(value, expectedValue),
        );
        await shared(
          () => results(loss, args, options),
          (actual) => expectSame(actual, expected),
        );
      }
    },
  );
});
