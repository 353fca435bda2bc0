import { logSoftmax } from "@surprisal/core";
import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { checkBatchFixtures } from "../../test/checkBatchLoss.ts";
import { checkLoss, flat, float64 } from "../../test/checkLoss.ts";
import { ctcLoss } from "./ctcLoss.ts";

// PyTorch's gradient is NaN wherever a log-probability is −∞.
checkBatchFixtures(
  ctcLoss,
  new URL("ctcLoss.cases.json.gz", import.meta.url),
  { arguments: ["logProbs", "targets", "inputLengths", "targetLengths"] },
  ["a class of probability 0"],
);

const r = random(1);
const normals = (count: number) => Float64Array.from({ length: count }, r.normal);
const logits = float64(normals(6 * 3 * 4), [6, 3, 4]);
const logProbs = logSoftmax(logits);
const one = logSoftmax(float64(normals(5 * 3), [5, 3]));

// The gradient is that of log-probabilities which logSoftmax has made: see below.
checkLoss(ctcLoss, [
  {
    label: "a batch",
    input: logProbs,
    rest: [
      [
        [1, 2],
        [3, 3],
        [2, 9],
      ],
      [6, 5, 4],
      [2, 2, 1],
    ],
    hasOwnConvention: true,
  },
  { label: "one sequence", input: one, rest: [[1, 1], 5, 2], hasOwnConvention: true },
]);

it("has the gradient of the logits, by central differences", () => {
  const rest = [
    [
      [1, 2],
      [3, 3],
      [2, 0],
    ],
    [6, 5, 4],
    [2, 2, 1],
  ] as const;
  const { grad } = ctcLoss.valueAndGrad(logProbs, ...rest);
  for (let i = 0; i < logits.data.length; i++) {
    const valueAt = (change: number) => {
      const data = logits.data.slice();
      data[i] += change;
      return ctcLoss(logSoftmax({ ...logits, data }), ...rest);
    };
    expect(grad.data[i]).toBeCloseTo((valueAt(1e-5) - valueAt(-1e-5)) / 2e-5, 8);
  }
});

/** Returns the probability of the labels as the sum over every path, by the definition. */
function bruteForce(rows: number[][], labels: number[], blank: number): number {
  const paths = rows.reduce<number[][]>(
    (all, row) => all.flatMap((path) => row.map((_, c) => [...path, c])),
    [[]],
  );
  return paths
    .filter((path) => {
      const read = path.filter((c, t) => c !== path[t - 1] && c !== blank);
      return read.join() === labels.join();
    })
    .reduce((sum, path) => sum + Math.exp(path.reduce((log, c, t) => log + rows[t][c], 0)), 0);
}

it.each([[[]], [[1]], [[1, 1]], [[0, 1, 0]], [[1, 0, 1, 0]]])(
  "sums over all paths of %j",
  (labels) => {
    const rows = logSoftmax([
      [0.1, 2, -1],
      [1, 0, 0.5],
      [-0.3, 0.2, 1],
      [2, -2, 0],
      [0, 1, 0.7],
    ]) as number[][];
    const expected = -Math.log(bruteForce(rows, labels, 2));
    expect(ctcLoss(rows, labels, 5, labels.length, { blank: 2, reduction: "sum" })).toBeCloseTo(
      expected,
      12,
    );
  },
);

describe("extreme probabilities", () => {
  it("neither underflow nor overflow", () => {
    const rows = Array.from({ length: 4 }, () => [-1e4, -3e4, 0]);
    // The only cheap alignment has one step at the label, and blanks elsewhere: four places.
    expect(ctcLoss(rows, [1], 4, 1, { blank: 2 })).toBeCloseTo(3e4 - Math.log(4), 8);
    const far = rows.map((row) => row.map((x) => x * 1e10));
    expect(ctcLoss(far, [1], 4, 1, { blank: 2 })).toBeCloseTo(3e14, -2);
    const { value, grad } = ctcLoss.valueAndGrad(rows, [1], 4, 1, { blank: 2 });
    expect(value).toBeCloseTo(3e4 - Math.log(4), 8);
    expect(grad).toEqual(Array.from({ length: 4 }, () => [0, -0.25, expect.closeTo(0.25, 12)]));
  });

  it("of 5000 steps have a finite loss", () => {
    const rows = Array.from({ length: 5000 }, () => [-30, -40]);
    const { value, grad } = ctcLoss.valueAndGrad(rows, [1], 5000, 1);
    // n places of the label, times 5001 − n ways for runs of n labels.
    expect(value).toBeCloseTo(5000 * 30 + 10 - Math.log(5000), 3);
    expect(flat(grad).every(Number.isFinite)).toBe(true);
  });

  it("of 0 for a class leave the gradients of other classes as they are", () => {
    const rows = [[Math.log(0.5), Math.log(0.5), Number.NEGATIVE_INFINITY]];
    const { value, grad } = ctcLoss.valueAndGrad(rows, [1], 1, 1);
    expect(value).toBeCloseTo(Math.LN2, 15);
    expect(grad).toEqual([[0.5, expect.closeTo(-0.5, 15), 0]]);
  });
});

describe("a confident model", () => {
  it.each([
    [-1e-17, 1e-17],
    [-1e-12, 1e-12],
  ])("of one step, at %d", (logProb, expected) => {
    expect(ctcLoss([[logProb, -50]], [], 1, 0)).toBe(expected);
    expect(ctcLoss([Float32Array.of(logProb, -50)], [], 1, 0)).toBe(-Math.fround(logProb));
  });

  // The losses of the log-probabilities as they are given, computed with 400 digits.
  it.each([
    [10, 4.44888396087123e-3],
    [20, 2.01993054361726e-7],
    [30, 9.17047050946206e-12],
    [36, 2.2731323736387e-14],
    [80, 1.76875436008851e-33],
  ])("of 50 steps, at logits that are %d apart", (gap, expected) => {
    const rows = logSoftmax(
      Array.from({ length: 50 }, (_, t) => [t === 20 ? 0 : gap, t === 20 ? gap : 0, 0]),
    );
    const loss = ctcLoss(rows, [1], 50, 1);
    expect(Math.abs(loss - expected)).toBeLessThanOrEqual(5e-15 * expected);
  });

  it.each([10, 100, 999])("of %d steps adds log-probabilities as if without rounding", (steps) => {
    // Whole multiples of 2^-62, which bigints add exactly. Their sum is above -1.
    const units = Array.from({ length: steps }, (_, t) => {
      return BigInt(Math.round(2 ** 52 * (0.1 + 0.8 * Math.abs(Math.sin(t)))));
    });
    const rows = units.map((unit) => [-Number(unit) * 2 ** -62, Number.NEGATIVE_INFINITY]);
    const sum = Number(units.reduce((total, unit) => total + unit, 0n)) * 2 ** -62;
    expect(ctcLoss(rows, [], steps, 0)).toBe(sum);
  });

  it("has the gradient of the class that is nearly certain", () => {
    const { grad } = ctcLoss.valueAndGrad(logSoftmax([[40, 0]]), [], 1, 0);
    expect(grad).toEqual([[-4.248354255291589e-18, 4.248354255291589e-18]]);
  });
});

it("has the gradient of two classes that have half of the alignments each", () => {
  for (let classes = 2; classes <= 200; classes++) {
    const logProbs = logSoftmax({ data: new Float64Array(3 * classes), shape: [3, classes] });
    const { grad } = ctcLoss.valueAndGrad(logProbs, [1], 3, 1);
    for (const gradient of grad.data.subarray(0, 2)) {
      expect(Math.abs(gradient - (1 / classes - 0.5))).toBeLessThan(1e-14);
    }
  }
});

it("is NaN if an alignment is, also after a class of probability 0", () => {
  const rows = [
    [0, 0, -800],
    [-40, Number.NaN, 0],
    [0, Number.NaN, Number.NEGATIVE_INFINITY],
    [0, Number.NEGATIVE_INFINITY, 0],
  ];
  expect(ctcLoss(rows, [1, 2], 4, 2)).toBeNaN();
});

it("takes bigints, and numbers for lengths that are equal", () => {
  const rest = [
    [6, 6, 6],
    [2, 2, 2],
  ] as const;
  const targets = [
    [1, 2],
    [3, 1],
    [2, 3],
  ];
  const expected = ctcLoss(logProbs, targets, ...rest);
  expect(ctcLoss(logProbs, BigInt64Array.of(1n, 2n, 3n, 1n, 2n, 3n), 6, 2)).toBe(expected);
  expect(ctcLoss(logProbs, targets, 6, 2)).toBe(expected);
});

it.each<[unknown[], string]>([
  [[[[1, 4]], 6, 2], "targets must have shape [3, S], or be concatenated to one axis, got [1, 2]."],
  [[[1, 2, 3], 6, 2], "targets must have 6 elements, the sum of targetLengths, got 3."],
  [
    [[[1], [4], [2]], 6, 1],
    "targets: 4 at sequence 1, position 0, is out of bounds for 4 classes.",
  ],
  [[[[1], [0], [2]], 6, 1], "targets: 0 at sequence 1, position 0, is the blank"],
  [[[[1], [1.5], [2]], 6, 1], "targets: 1.5 at sequence 1, position 0, is not a whole number."],
  [[[[1], [-1], [2]], 6, 1], "targets: -1 at sequence 1, position 0, is out of bounds"],
  [
    [[[1], [1], [2]], 7, 1],
    "inputLengths must hold whole numbers from 0 to 6, the number of time steps, got 7 at sequence 0.",
  ],
  [
    [[[1], [1], [2]], [6, 2.5, 6], 1],
    "inputLengths must hold whole numbers from 0 to 6, the number of time steps, got 2.5 at sequence 1.",
  ],
  [
    [[[1], [1], [2]], [6, 6, -1], 1],
    "inputLengths must hold whole numbers from 0 to 6, the number of time steps, got -1 at sequence 2.",
  ],
  [[[[1], [1], [2]], [[6, 6, 6]], 1], "inputLengths must be a number or have shape [3]"],
  [[[[1], [1], [2]], [6, 6], 1], "inputLengths must be a number or have shape [3]"],
  [
    [[[1], [1], [2]], 6, [1, 2, 1]],
    "targetLengths must hold whole numbers from 0 to 1, the longest target, got 2 at sequence 1.",
  ],
  [
    [[1, 1, 2], 6, [1, 4, 1]],
    "targetLengths must hold whole numbers from 0 to 3, the number of targets, got 4 at sequence 1.",
  ],
  [
    [[[[1]]], 6, 1],
    "targets must have shape [3, S], or be concatenated to one axis, got [1, 1, 1].",
  ],
  [[[[1], [1], [2]], 6, 1, { blank: 4 }], "blank must be a class, 0 to 3, got 4."],
  [[[[1], [1], [2]], 6, 1, { blank: -1 }], "blank must be a class, 0 to 3, got -1."],
])("refuses %j", (rest, message) => {
  const call = () => (ctcLoss as (...args: unknown[]) => number)(logProbs, ...rest);
  expect(call).toThrow(RangeError);
  expect(call).toThrow(`ctcLoss: ${message}`);
});

it("refuses targets of several sequences for the log-probabilities of one", () => {
  expect(() => ctcLoss(one, [[1], [2]], 5, 1)).toThrow(
    "ctcLoss: targets must have shape [S], got [2, 1].",
  );
});

it("refuses log-probabilities of another rank", () => {
  expect(() => ctcLoss([0, 1], [1], 1, 1)).toThrow(
    "ctcLoss: logProbs must have shape [T, N, C] or [T, C], got [2].",
  );
});
