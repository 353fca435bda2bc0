import { describe, expect, it } from "vitest";
import { crossEntropy } from "../crossEntropy/crossEntropy.ts";
import { focalLoss } from "../focalLoss/focalLoss.ts";
import { multiMarginLoss } from "../multiMarginLoss/multiMarginLoss.ts";
import { nllLoss } from "../nllLoss/nllLoss.ts";
import type { ClassLossDefinition } from "./classDefinition.ts";
import { defineLoss } from "./defineLoss.ts";
import { trySmallRow } from "./smallRow.ts";

// A short row alone takes another path than the same row in a batch, and the results agree.

type AnyLoss = typeof crossEntropy;

const row = [0.5, -1, 2, 0.25, -3];
const losses: Record<string, AnyLoss> = {
  crossEntropy,
  focalLoss: focalLoss as AnyLoss,
  multiMarginLoss: multiMarginLoss as AnyLoss,
  nllLoss: nllLoss as AnyLoss,
};
const optionSets: Record<string, object> = {
  "the axis": { axis: 0 },
  sum: { reduction: "sum" },
  weight: { weight: [1, 2, 0.5, 3, 1] },
  "weight and sum": { weight: [1, 2, 0.5, 3, 1], reduction: "sum" },
  labelSmoothing: { labelSmoothing: 0.2 },
  "labelSmoothing and weight": { labelSmoothing: 0.2, weight: new Float32Array([1, 2, 0.5, 3, 1]) },
  sampleWeight: { sampleWeight: 3 },
  "sampleWeight and sum": { sampleWeight: 3, reduction: "sum" },
  gradOutput: { gradOutput: 0.5 },
};
const ofCrossEntropy = {
  zLoss: { zLoss: 0.1 },
  softcap: { softcap: 1.5 },
  both: { zLoss: 0.1, softcap: 1.5 },
};
const probabilities = [0.1, 0.2, 0.3, 0.4, 0];

/** Computes the row in a batch of two, whose other row is ignored. */
function inBatch(loss: AnyLoss, x: object, target: unknown, options: object) {
  const {
    axis: _,
    sampleWeight = 1,
    ...rest
  } = options as { axis?: number; sampleWeight?: number };
  const target2 = Array.isArray(target) ? [target, target] : [target, 0];
  const input = { data: doubled(x as Float32Array), shape: [2, row.length] };
  const result = loss.valueAndGrad(input, target2 as number[], {
    ...rest,
    sampleWeight: [sampleWeight, 0],
  });
  const { data } = result.grad as unknown as { data: Float32Array };
  return { value: result.value as number, grad: data.subarray(0, row.length) };
}

function doubled<Row extends Float32Array | Float64Array>(x: Row): Row {
  const both =
    x instanceof Float32Array ? new Float32Array(2 * x.length) : new Float64Array(2 * x.length);
  both.set(x);
  return both as Row;
}

function expectAgreement(
  loss: AnyLoss,
  x: Float32Array | Float64Array,
  target: unknown,
  options: object,
) {
  const expected = inBatch(loss, x, target, options);
  const { value, grad } = loss.valueAndGrad(x, target as number, options);
  const { gradOutput: _, ...rest } = options as { gradOutput?: number };
  expect(loss(x, target as number, rest)).toBe(value);
  expect(Math.abs((value as number) - expected.value)).toBeLessThanOrEqual(
    4e-16 * (1 + Math.abs(expected.value)) * 4,
  );
  expect(Object.getPrototypeOf(grad)).toBe(Object.getPrototypeOf(x));
  const unit = x instanceof Float32Array ? 2 ** -22 : 1e-15;
  Array.from(grad as Float32Array).forEach((g, j) => {
    expect(Math.abs(g - expected.grad[j])).toBeLessThanOrEqual(unit);
  });
}

describe.each(Object.entries(losses))("a short row, %s", (name, loss) => {
  const sets = { ...optionSets, ...(name === "crossEntropy" ? ofCrossEntropy : {}) };
  it.each(Object.entries(sets))("agrees with the same row in a batch: %s", (_, options) => {
    for (const x of [Float32Array.from(row), Float64Array.from(row)]) {
      expectAgreement(loss, x, 2, options);
      expectAgreement(loss, x, probabilities, options);
    }
  });

  it("has the containers of its input", () => {
    const expected = loss.valueAndGrad(Float64Array.from(row), 1).grad;
    expect(loss.valueAndGrad(row, 1).grad).toEqual(Array.from(expected));
    expect(loss.valueAndGrad([row], Int32Array.of(1)).grad).toEqual([Array.from(expected)]);
    const tensor = { data: Float64Array.from(row), shape: [1, 5] };
    expect(loss.valueAndGrad(tensor, Int32Array.of(1)).grad).toEqual({
      data: expected,
      shape: [1, 5],
    });
  });
});

describe("what is not plain", () => {
  it("is left to the regular path", () => {
    expect(() => crossEntropy(row, 5, { axis: 0 })).toThrow("target 5 at row 0 is out of bounds");
    expect(() => crossEntropy(row, [0.5, -0.5, 0, 0, 1])).toThrow("at least 0");
    expect(() => crossEntropy(row, [0, 1, 2, 3, 4])).toThrow(RangeError);
    expect(() => crossEntropy(row, 1, { weight: [1, 2] })).toThrow("weight must have shape [5]");
    expect(() => crossEntropy(row, 1, { axis: 1 })).toThrow("axis 1 is out of");
    expect(crossEntropy(row, 1, { ignoreIndex: 1 })).toBeNaN();
    expect(crossEntropy([-Infinity, -Infinity], 0, { whenEmpty: "zero" })).toBe(0);
    expect(crossEntropy.valueAndGrad(row, 1, { weight: [1, 0, 1, 1, 1] }).value).toBeNaN();
    expect(crossEntropy(row, 1, { reduction: "sum", sampleWeight: 0 })).toBe(0);
  });

  it("throws for a bad sample weight of a batch of one", () => {
    expect(() => crossEntropy([row], Int32Array.of(1), { sampleWeight: [1, 2] })).toThrow(
      RangeError,
    );
  });
});

describe("the out of a short row's gradient", () => {
  const tensor = (values: readonly number[]) => ({
    data: new Float32Array(values),
    shape: [1, values.length],
  });

  it.each([
    ["a vector", new Float32Array(row), 2, new Float32Array(5)],
    ["a vector, for a tensor", tensor(row), [2], new Float32Array(5)],
    ["a tensor", tensor(row), Int32Array.of(2), tensor([0, 0, 0, 0, 0])],
    ["an array of numbers", row, 2, [0, 0, 0, 0, 0]],
  ])("%s", (_, x, target, out) => {
    const { value, grad } = crossEntropy.valueAndGrad(x as Float32Array, target as number, {});
    const given = crossEntropy.valueAndGrad(x as Float32Array, target as number, {
      out: out as Float32Array,
    });
    expect(given).toEqual({ value, grad });
    const values = (container: unknown) =>
      Array.from((container as { data?: Float32Array }).data ?? (container as Float32Array));
    expect(values(out)).toEqual(values(grad));
  });

  it("may be the row itself", () => {
    const x = new Float32Array(row);
    const { grad } = crossEntropy.valueAndGrad(x, 2);
    expect(crossEntropy.valueAndGrad(x, 2, { out: x }).grad).toBe(x);
    expect(x).toEqual(grad);
  });

  it("may overlap the row", () => {
    const memory = new Float32Array([...row, 0]);
    const { grad } = crossEntropy.valueAndGrad(new Float32Array(row), 2);
    const out = memory.subarray(1);
    expect(crossEntropy.valueAndGrad(memory.subarray(0, 5), 2, { out }).grad).toBe(out);
    expect(out).toEqual(grad);
  });

  it("is an error where it does not fit, and nothing is written", () => {
    const out = new Float32Array(4);
    expect(() => crossEntropy.valueAndGrad(new Float32Array(row), 2, { out })).toThrow(
      "crossEntropy.valueAndGrad: out must have 5 elements for shape [5], got 4.",
    );
    expect(out).toEqual(new Float32Array(4));
  });
});

describe("a short row", () => {
  it("has the same gradient with skipMasked, to the bit", () => {
    const plain = crossEntropy.valueAndGrad([1, 2, 3], 1);
    expect(crossEntropy.valueAndGrad([1, 2, 3], 1, { skipMasked: true })).toEqual(plain);
  });

  it("keeps its digits where the product of the factors is large", () => {
    const options = {
      reduction: "sum",
      sampleWeight: 1024,
      gradOutput: 1024,
      labelSmoothing: 0.1,
    } as const;
    const alone = crossEntropy.valueAndGrad([0, -30], 0, options);
    const inBatch = crossEntropy.valueAndGrad([[0, -30]], [0], {
      ...options,
      sampleWeight: [1024],
    });
    expect([alone.grad]).toEqual(inBatch.grad);
  });

  it("reads each option once", () => {
    let reads = 0;
    const options = {
      get reduction() {
        reads++;
        return "none" as const;
      },
    };
    expect(crossEntropy([1, 2, 3], 0, options)).toBeCloseTo(2.4076, 4);
    expect(reads).toBe(1);
  });

  it.each([{ strides: null }, { stride: null }])("refuses a tensor with %j", (field) => {
    const input = { data: new Float32Array(row), shape: [1, 5], ...field };
    expect(() => crossEntropy(input as never, Int32Array.of(0))).toThrow(/stride/);
  });

  it("sees strides that are not enumerable", () => {
    const input = { data: new Float32Array(4), shape: [2, 2] };
    input.data.set([1, 2, 3, 4]);
    Object.defineProperty(input, "strides", { value: [1, 2] });
    const transposed = [
      [1, 3],
      [2, 4],
    ];
    expect(crossEntropy(input, [0, 0])).toBeCloseTo(crossEntropy(transposed, [0, 0]) as number, 12);
  });
});

describe("the path of a short row", () => {
  // Σⱼ cⱼ · xⱼ, whose gradient is c.
  const definition: ClassLossDefinition<unknown> = {
    kind: "class",
    name: "selected",
    neverThrows: true,
    formula: () => (x, coefficients, gradient) => {
      gradient?.set(coefficients);
      return x.reduce((sum, value, j) => sum + coefficients[j] * value, 0);
    },
  };
  const plain = {
    axis: -1,
    reduction: "mean",
    labelSmoothing: 0,
    ignoreIndex: -100,
    skipMasked: false,
  };

  /** Returns what the path computes of the row `[4, 6, 8]`. */
  function compute(options: object = {}, target: unknown = 1, input: unknown = [4, 6, 8]) {
    return trySmallRow(definition, [input, target], { ...plain, ...options } as never, {}, true);
  }

  it.each<[string, object, unknown, unknown, unknown, unknown]>([
    ["a class index", {}, 1, [4, 6, 8], 6, [0, 1, 0]],
    ["the first class", {}, 0, [4, 6, 8], 4, [1, 0, 0]],
    ["class probabilities", {}, [0.5, 0.25, 0.25], [4, 6, 8], 5.5, [0.5, 0.25, 0.25]],
    ["float64 probabilities", {}, new Float64Array([0, 0, 1]), [4, 6, 8], 8, [0, 0, 1]],
    ["a batch of one row", {}, [2], [[4, 6, 8]], 8, [[0, 0, 1]]],
    ["an index in an Int32Array", {}, Int32Array.of(2), [[4, 6, 8]], 8, [[0, 0, 1]]],
    ["an index in a BigInt64Array", {}, BigInt64Array.of(2n), [[4, 6, 8]], 8, [[0, 0, 1]]],
    ["the sum", { reduction: "sum" }, [2], [[4, 6, 8]], 8, [[0, 0, 1]]],
    ["the only loss", { reduction: "none" }, 1, [4, 6, 8], 6, [0, 1, 0]],
    ["the axis from the front", { axis: 0 }, 1, [4, 6, 8], 6, [0, 1, 0]],
    ["weights and the mean", { weight: [1, 4, 1] }, 1, [4, 6, 8], 6, [0, 1, 0]],
    ["weights and the sum", { weight: [1, 4, 0], reduction: "sum" }, 1, [4, 6, 8], 24, [0, 4, 0]],
    [
      "the largest sample weight",
      { sampleWeight: 1024, reduction: "sum" },
      1,
      [4, 6, 8],
      6144,
      [0, 1024, 0],
    ],
    ["the smallest upstream gradient", { gradOutput: 1 / 1024 }, 1, [4, 6, 8], 6, [0, 1 / 1024, 0]],
    ["an index to ignore that is another", { ignoreIndex: 2 }, 1, [4, 6, 8], 6, [0, 1, 0]],
  ])("computes %s", (_, options, target, input, value, grad) => {
    expect(compute(options, target, input)).toEqual({ value, grad });
  });

  it("writes the gradient to a container", () => {
    const out = [0, 0, 0];
    expect(compute({ out })?.grad).toBe(out);
    expect(out).toEqual([0, 1, 0]);
  });

  it("has no gradient where none is asked for", () => {
    const args = [[4, 6, 8], 1];
    const result = trySmallRow(definition, args, plain as never, {}, false);
    expect(result).toEqual({ value: 6, grad: undefined });
    const options = { ...plain, out: [0, 0, 0] } as never;
    expect(trySmallRow(definition, args, options, {}, false)).toBeUndefined();
  });

  it.each<[string, object, unknown?, unknown?]>([
    ["with an out that has fields", { out: { input: [0, 0, 0] } }],
    ["with differentiate", { differentiate: ["target"] }],
    ["with an array of sample weights", { sampleWeight: [1] }],
    ["with a large sample weight", { sampleWeight: 1025 }],
    ["with a small sample weight", { sampleWeight: 1 / 1025 }],
    ["with sampleWeight 0", { sampleWeight: 0 }],
    ["with a negative upstream gradient", { gradOutput: -1 }],
    ["with a large product of factors", { sampleWeight: 64, gradOutput: 32, reduction: "sum" }],
    ["along another axis", { axis: 0 }, [0], [[4, 6, 8]]],
    ["along an axis that does not exist", { axis: 1 }],
    ["of a batch without reduction", { reduction: "none" }, [1], [[4, 6, 8]]],
    ["of a batch with sampleWeight", { sampleWeight: 2 }, [1], [[4, 6, 8]]],
    [
      "of two rows",
      {},
      [1, 1],
      [
        [4, 6, 8],
        [4, 6, 8],
      ],
    ],
    ["of two indices for one row", {}, [1, 1], [[4, 6, 8]]],
    ["of a nested index", {}, [[1]], [[4, 6, 8]]],
    ["of an index in an array for a vector", {}, [1]],
    ["of an index in floats", {}, new Float32Array([1]), [[4, 6, 8]]],
    ["of a class that does not exist", {}, 3],
    ["of a negative class", {}, -1],
    ["of a class that is no integer", {}, 0.5],
    ["of the index to ignore", { ignoreIndex: 1 }],
    ["of probabilities and an index to ignore", { ignoreIndex: 1 }, [0.5, 0.25, 0.25]],
    ["of probabilities that are negative", {}, [0.5, -0.25, 0.75]],
    ["of probabilities above 1", {}, [0.5, 2, 0]],
    ["of too few probabilities", {}, [0.5, 0.5]],
    ["of probabilities that are no numbers", {}, [0.5, "0.5", 0]],
    ["of the probability of one class", {}, [1], [4]],
    ["with too few weights", { weight: [1, 1] }],
    ["with a large weight of another class", { weight: [2048, 1, 1] }],
    ["with a weight that is no number", { weight: [1, 1, "1"] }],
    ["with weight 0 for its class", { weight: [1, 0, 1] }],
    ["of logits that are not finite", {}, 1, [4, Number.POSITIVE_INFINITY, 8]],
    ["of integers", {}, 1, new Int32Array([4, 6, 8])],
  ])("leaves a call %s", (_, options, target = 1, input = [4, 6, 8]) => {
    expect(compute(options, target, input)).toBeUndefined();
  });

  describe("uses the functions that a loss has", () => {
    const withKernel: ClassLossDefinition<unknown> = {
      ...definition,
      classIndexKernel: () => (_, __, rows, gradient) => {
        const gradScales = new Float64Array(1);
        rows.load(0, 1, new Int32Array(1), gradScales);
        rows.store(0, 1, Float64Array.of(100));
        gradient?.fill(gradScales[0]);
      },
    };
    const withSingleRow: ClassLossDefinition<unknown> = { ...withKernel, singleRow: () => 7 };
    const withAll: ClassLossDefinition<unknown> = {
      ...withSingleRow,
      singleRowGradient: (_, __, gradScale, gradient) => {
        gradient.fill(-gradScale);
      },
    };
    const evaluate = (loss: ClassLossDefinition<unknown>, options = {}, target: unknown = 1) =>
      trySmallRow(loss, [[4, 6, 8], target], { ...plain, ...options } as never, {}, true);

    it.each<[string, ClassLossDefinition<unknown>, object, unknown]>([
      ["the kernel", withKernel, {}, { value: 100, grad: [1, 1, 1] }],
      ["the value of a row", withSingleRow, {}, { value: 7, grad: [1, 1, 1] }],
      ["the gradient of a row", withAll, {}, { value: 7, grad: [-1, -1, -1] }],
      [
        "them with the weight of the class",
        withAll,
        { weight: [1, 4, 1], reduction: "sum" },
        { value: 28, grad: [-4, -4, -4] },
      ],
      ["the formula, with labelSmoothing", withAll, { labelSmoothing: 0.5 }, { value: 6 }],
      ["the formula, with a softcap", { ...withAll, softcap: () => 1e9 }, {}, { grad: [0, 1, 0] }],
    ])("%s", (_, loss, options, result) => {
      expect(evaluate(loss, options)).toMatchObject(result as object);
    });

    it("the formula, for probabilities", () => {
      expect(evaluate(withAll, {}, [0, 1, 0])).toEqual({ value: 6, grad: [0, 1, 0] });
    });

    it("the value of a row, without a gradient", () => {
      const args = [[4, 6, 8], 1];
      expect(trySmallRow(withAll, args, plain as never, {}, false)?.value).toBe(7);
      expect(trySmallRow(withKernel, args, plain as never, {}, false)?.value).toBe(100);
    });
  });

  it("leaves a loss whose formula can throw", () => {
    const canThrow = { ...definition, neverThrows: false };
    expect(trySmallRow(canThrow, [[4, 6, 8], 1], plain as never, {}, true)).toBeUndefined();
  });

  it("divides by no weight where the mean is over the rows", () => {
    const overRows = { ...definition, meanOver: "rows" as const };
    const options = { ...plain, weight: [1, 4, 1] } as never;
    const result = trySmallRow(overRows, [[4, 6, 8], 1], options, {}, true);
    expect(result).toEqual({ value: 24, grad: [0, 4, 0] });
  });
});

it("says what is wrong with a formula that is no function", () => {
  const loss = defineLoss({
    kind: "class",
    name: "wrong",
    neverThrows: true,
    formula: () => undefined as never,
  });
  expect(() => loss([1, 2], 0)).toThrow(
    "wrong: formula must return a function of one row, but returned undefined.",
  );
});
