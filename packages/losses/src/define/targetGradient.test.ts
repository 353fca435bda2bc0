import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { crossEntropy } from "../crossEntropy/crossEntropy.ts";
import { focalLoss } from "../focalLoss/focalLoss.ts";
import { generalizedCrossEntropy } from "../generalizedCrossEntropy/generalizedCrossEntropy.ts";
import { nllLoss } from "../nllLoss/nllLoss.ts";
import { polyLoss } from "../polyLoss/polyLoss.ts";
import { sparsemaxLoss } from "../sparsemaxLoss/sparsemaxLoss.ts";
import { symmetricCrossEntropy } from "../symmetricCrossEntropy/symmetricCrossEntropy.ts";
import { defineLoss } from "./defineLoss.ts";

const next = random(31);
const [rows, classes] = [3, 4];
const matrix = (element: () => number) =>
  Array.from({ length: rows }, () => Array.from({ length: classes }, element));
const input = matrix(() => 2 * next.normal());
const target = matrix(() => next.uniform() + 0.1);
const both = { differentiate: ["input", "target"] };

const losses = {
  crossEntropy,
  nllLoss,
  focalLoss,
  polyLoss,
  symmetricCrossEntropy,
  generalizedCrossEntropy,
} as unknown as Record<string, typeof crossEntropy>;
const optionSets: Record<string, object> = {
  "no options": {},
  labelSmoothing: { labelSmoothing: 0.2 },
  "complete smoothing": { labelSmoothing: 1 },
  weight: { weight: [1, 2, 0, 0.5] },
  sampleWeight: { sampleWeight: [1, 0, 3] },
  sum: { reduction: "sum", gradOutput: -2 },
};

/** Returns ∂value/∂qᵢⱼ, by central differences. */
function slopes(value: (q: number[][]) => number): number[][] {
  const step = 1e-5;
  return target.map((row, i) =>
    row.map((_, j) => {
      const moved = (by: number) =>
        target.map((r, a) => r.map((q, b) => (a === i && b === j ? q + by : q)));
      return (value(moved(step)) - value(moved(-step))) / (2 * step);
    }),
  );
}

function expectClose(actual: unknown, expected: number[][]): void {
  const flat = (actual as number[][]).flat();
  expected.flat().forEach((value, k) => {
    expect(flat[k]).toBeCloseTo(value, 7);
  });
}

describe.each(Object.entries(losses))("the gradient of class probabilities, %s", (_, loss) => {
  it.each(Object.entries(optionSets))("agrees with central differences: %s", (_, options) => {
    const { gradOutput = 1, ...rest } = options as { gradOutput?: number };
    const { grads, grad } = loss.valueAndGrad(input, target, { ...options, ...both });
    expectClose(
      grads?.target,
      slopes((q) => gradOutput * (loss(input, q, rest) as number)),
    );
    expect(grads?.input).toBe(grad);
    expect(grad).toEqual(loss.valueAndGrad(input, target, options).grad);
  });
});

describe("the gradient of class probabilities", () => {
  it("follows a softcap, and leaves zLoss out, which does not depend on the target", () => {
    const options = { softcap: 2, zLoss: 0.1 };
    const { grads } = crossEntropy.valueAndGrad(input, target, { ...options, ...both });
    expectClose(
      grads?.target,
      slopes((q) => crossEntropy(input, q, options)),
    );
  });

  it("follows probabilities that are moved from masked classes to the others", () => {
    const masked = input.map((row, i) => row.map((x, j) => (j === i ? -Infinity : x)));
    const options = { skipMasked: true, weight: [1, 2, 3, 4] };
    const { grads } = crossEntropy.valueAndGrad(masked, target, { ...options, ...both });
    expectClose(
      grads?.target,
      slopes((q) => crossEntropy(masked, q, options)),
    );
  });

  it("is the infinite loss of a masked class, and 0 if the class has weight 0", () => {
    const options = { reduction: "sum", ...both } as const;
    const { grads } = crossEntropy.valueAndGrad([[0, -Infinity]], [[1, 0]], options);
    expect(grads?.target).toEqual([[0, Number.POSITIVE_INFINITY]]);
    const weighted = crossEntropy.valueAndGrad([[0, -Infinity]], [[1, 0]], {
      ...options,
      weight: [1, 0],
    });
    expect(weighted.grads?.target).toEqual([[0, 0]]);
  });

  it("is 0 in a row of weight 0, whatever is in it", () => {
    const { grads } = crossEntropy.valueAndGrad(
      [
        [Number.NaN, 0],
        [0, 0],
      ],
      [
        [1, 0],
        [1, 0],
      ],
      { sampleWeight: [0, 1], ...both },
    );
    expect(grads?.target).toEqual([
      [0, 0],
      [Math.LN2, Math.LN2],
    ]);
  });

  it("keeps the axis, the element type and the container, and may be written over the target", () => {
    const x = { data: Float32Array.from(input.flat()), shape: [1, rows, classes] };
    const q = { data: Float32Array.from(target.flat()), shape: [1, rows, classes] };
    const expected = crossEntropy.valueAndGrad(x, q, { axis: 1, ...both }).grads;
    expect(expected?.target).toMatchObject({ shape: [1, rows, classes] });
    const copy = structuredClone(expected);
    const { grads } = crossEntropy.valueAndGrad(x, q, { axis: 1, out: { input: x, target: q } });
    expect(grads?.target).toBe(q);
    expect(grads).toEqual(copy);
  });

  it("is not computed unless it is asked for", () => {
    expect(crossEntropy.valueAndGrad(input, target)).not.toHaveProperty("grads");
  });

  it("is refused for class indices, and by losses that have none", () => {
    expect(() => crossEntropy.valueAndGrad(input, [0, 1, 2], both)).toThrow(
      "crossEntropy.valueAndGrad: target is not given, or holds integers or class indices, which have no gradient",
    );
    expect(() => sparsemaxLoss.valueAndGrad(input, target, both)).toThrow(RangeError);
  });
});

it("is NaN where an author's classLosses leaves it out", () => {
  const loss = defineLoss({
    kind: "class",
    name: "first",
    formula: () => () => 0,
    classLosses: () => (_, losses) => {
      losses[0] = 5;
    },
  });
  crossEntropy.valueAndGrad(input, target, both as object);
  const { grads } = loss.valueAndGrad([1, 2], [0.5, 0.5], both as object) as never as {
    grads: { target: number[] };
  };
  expect(grads.target).toEqual([5, Number.NaN]);
});
