import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { allocatedBytes } from "../../test/allocatedBytes.ts";
import { checkBatchFixtures } from "../../test/checkBatchLoss.ts";
import { checkLoss, float64 } from "../../test/checkLoss.ts";
import { crossEntropy } from "../crossEntropy/crossEntropy.ts";
import { infoNceLoss } from "./infoNceLoss.ts";

checkBatchFixtures(infoNceLoss, new URL("infoNceLoss.cases.json.gz", import.meta.url), {
  arguments: ["queries", "keys"],
  arrayOptions: ["negatives", "temperature"],
});

const r = random(5);
const vectors = (...shape: number[]) =>
  float64(Array.from({ length: shape.reduce((a, b) => a * b) }, r.normal), shape);

checkLoss(infoNceLoss, [
  { label: "pairs", input: vectors(3, 4), rest: [vectors(3, 4)], options: { temperature: 0.5 } },
  {
    label: "more keys and negatives",
    input: vectors(2, 3),
    rest: [vectors(4, 3)],
    options: { normalize: false, temperature: 2, negatives: vectors(2, 2, 3) },
  },
  {
    label: "both directions",
    input: vectors(3, 4),
    rest: [vectors(3, 4)],
    options: { symmetric: true, temperature: 1 },
  },
]);

it("is the cross-entropy of the similarities", () => {
  const options = { normalize: false, temperature: 1, reduction: "none" } as const;
  const keys = [
    [1, 2],
    [3, -1],
    [0, 1],
  ];
  const logits = [
    [1, 3, 0],
    [2, -1, 1],
  ];
  const queries = [
    [1, 0],
    [0, 1],
  ];
  expect(infoNceLoss(queries, keys, options)).toEqual(
    crossEntropy(logits, [0, 1], { reduction: "none" }),
  );
});

describe("gradients", () => {
  it("of arguments in other containers are in those", () => {
    const keys = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] };
    const options = { negatives: [[1, 1]], temperature: 0.5 };
    const { grads } = infoNceLoss.valueAndGrad(
      [
        [1, 0],
        [0.5, 2],
      ],
      keys,
      options,
    );
    expect(grads).toMatchObject({
      queries: [expect.any(Array), expect.any(Array)],
      keys: { data: expect.any(Float32Array), shape: [2, 2] },
      negatives: [[expect.any(Number), expect.any(Number)]],
      temperature: expect.any(Number),
    });
    expect(
      infoNceLoss.valueAndGrad(
        [
          [1, 0],
          [0.5, 2],
        ],
        keys,
      ).grads,
    ).toEqual({
      queries: expect.anything(),
      keys: expect.anything(),
    });
  });

  it("keep their digits where the own key dominates", () => {
    const options = { normalize: false, temperature: 1 };
    const { value, grad } = infoNceLoss.valueAndGrad([[50]], [[1], [0]], options);
    expect(value).toBe(Math.exp(-50));
    expect(grad[0][0]).toBeCloseTo(-Math.exp(-50), 35);
  });

  it("are finite for vectors of 0, and for vectors whose squares overflow", () => {
    const zero = infoNceLoss.valueAndGrad(
      [[0, 0]],
      [
        [1, 0],
        [0, 1],
      ],
    );
    expect(zero.value).toBeCloseTo(Math.LN2, 15);
    expect(zero.grad.flat().every(Number.isFinite)).toBe(true);
    const large = infoNceLoss(
      [[1e200, 1e200]],
      [
        [1e200, 0],
        [0, 1e-5],
      ],
    );
    expect(large).toBeCloseTo(Math.LN2, 12);
  });
});

it("ignores a pair of weight 0, but compares with its vectors", () => {
  const queries = [
    [1, 0],
    [0, 1],
  ];
  const keys = [
    [1, 1],
    [0, 2],
  ];
  const each = infoNceLoss(queries, keys, { reduction: "none" }) as number[];
  expect(infoNceLoss(queries, keys, { sampleWeight: [3, 0] })).toBeCloseTo(each[0], 14);
});

it("keeps its arrays for the next call", () => {
  const [queries, keys, negatives] = [vectors(5, 40), vectors(5, 40), vectors(300, 40)];
  const copy = ({ data, shape }: typeof queries) => ({ data: data.slice(), shape });
  const out = { queries: copy(queries), keys: copy(keys), negatives: copy(negatives) };
  const options = { negatives, temperature: 0.5, out, sampleWeight: queries.data.slice(0, 5) };
  options.sampleWeight.fill(1);
  // The least array that a call takes has 200 numbers: 80 kB in all calls.
  const bytes = allocatedBytes(() => infoNceLoss.valueAndGrad(queries, keys, options));
  expect(bytes).toBeLessThan(40_000);
});

it("gives NaN or 0 for no pairs", () => {
  const empty = { data: new Float64Array(0), shape: [0, 3] };
  expect(infoNceLoss(empty, empty)).toBeNaN();
  expect(infoNceLoss(empty, empty, { reduction: "sum" })).toBe(0);
});

it.each<[unknown[], string]>([
  [[[1, 2], [[1, 2]]], "queries must have shape [N, D], got [2]."],
  [[[[1, 2]], [[1, 2, 3]]], "keys must have shape [1, 2], or more rows, got [1, 3]."],
  [[[[1], [2]], [[1]]], "keys must have shape [2, 1], or more rows, got [1, 1]."],
  [
    [[[1]], [[1], [2]], { symmetric: true }],
    "keys must have shape [1, 1], got [2, 1]. With symmetric, pass further keys as the option negatives.",
  ],
  [[[[1]], [[1]], { negatives: [1] }], "negatives must have shape [K, 1] or [1, K, 1], got [1]."],
  [[[[1]], [[1]], { temperature: 0 }], "temperature must be a finite number above 0, got 0."],
  [[[[1]], [[1]], { temperature: [1] }], "temperature must be a finite number above 0, got shape"],
])("refuses %j", (args, message) => {
  const call = () => (infoNceLoss as (...all: unknown[]) => number)(...args);
  expect(call).toThrow(RangeError);
  expect(call).toThrow(`infoNceLoss: ${message}`);
});

it.each([
  ["[1, 2]", [[1, 2]]],
  ["[1, 1, 2]", [[[1, 2]]]],
  ["[2, 1, 1]", [[[1]], [[1]]]],
  ["[2, 1, 2]", [[[1, 2]], [[1, 2]]]],
  ["[1, 1, 1, 1]", [[[[1]]]]],
])("refuses negatives of shape %s for a query of one number", (shape, negatives) => {
  expect(() => infoNceLoss([[1]], [[1]], { negatives: negatives as never })).toThrow(
    new RangeError(`infoNceLoss: negatives must have shape [K, 1] or [1, K, 1], got ${shape}.`),
  );
});
