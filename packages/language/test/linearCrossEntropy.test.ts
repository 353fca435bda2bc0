import { crossEntropy } from "@surprisal/losses";
import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { linearCrossEntropy, perplexity } from "../src/index.ts";

const { normal, uniform, below } = random(23);

type FloatArrayType = typeof Float32Array | typeof Float64Array;

/** A loss whose options the compiler does not know. */
// biome-ignore lint/suspicious/noExplicitAny: options of every kind are tried.
const loss: any = linearCrossEntropy;
// biome-ignore lint/suspicious/noExplicitAny: options of every kind are tried.
const reference: any = crossEntropy;

function makeTensor(shape: readonly number[], draw: () => number = normal) {
  const size = shape.reduce((a, b) => a * b, 1);
  return { data: new Float64Array(size).map(draw), shape };
}

/** Returns A · B, or Aᵀ · B, of row-major matrices. */
function multiply(a: Float64Array, b: Float64Array, m: number, k: number, n: number): Float64Array {
  const product = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      for (let j = 0; j < n; j++) product[i * n + j] += a[i * k + p] * b[p * n + j];
    }
  }
  return product;
}

function transpose(a: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(a.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = a[i * columns + j];
  }
  return result;
}

const [positions, depth, vocabulary] = [9, 13, 57];
const hidden = makeTensor([positions, depth]);
const weight = makeTensor([vocabulary, depth]);
const bias = makeTensor([vocabulary]);
const ids = Int32Array.from({ length: positions }, (_, t) => (t === 3 ? -100 : below(vocabulary)));
const probabilities = makeTensor([positions, vocabulary], uniform);

/** Returns hidden · weightᵀ. */
function allLogits(): Float64Array {
  const transposed = transpose(weight.data, vocabulary, depth);
  return multiply(hidden.data, transposed, positions, depth, vocabulary);
}

/** Returns the value and the gradients by way of all logits. */
function expectedOf(target: unknown, withBias: boolean, options: object, gradOutput: unknown) {
  const logits = allLogits();
  for (let i = 0; withBias && i < logits.length; i++) logits[i] += bias.data[i % vocabulary];
  const tensor = { data: logits, shape: [positions, vocabulary] };
  const { value, grad } = reference.valueAndGrad(tensor, target, { ...options, gradOutput });
  return {
    value,
    input: multiply(grad.data, weight.data, positions, vocabulary, depth),
    weight: multiply(
      transpose(grad.data, positions, vocabulary),
      hidden.data,
      vocabulary,
      positions,
      depth,
    ),
    bias: multiply(new Float64Array(positions).fill(1), grad.data, 1, positions, vocabulary),
  };
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  const scale = Math.max(...Array.from(expected, Math.abs));
  expect(actual.length).toBe(expected.length);
  const errors = Array.from(expected, (value, i) => Math.abs(actual[i] - value));
  // A difference that is NaN is an error, too.
  const wrong = errors.findIndex((error) => !(error < tolerance * scale));
  expect(errors[wrong], `element ${wrong}`).toBeUndefined();
}

const asType = (Type: FloatArrayType, { data, shape }: ReturnType<typeof makeTensor>) => ({
  data: Type.from(data),
  shape,
});

const everyOption: [string, unknown, object][] = [
  ["ids", ids, {}],
  ["label smoothing", ids, { labelSmoothing: 0.2 }],
  ["weights of tokens", ids, { weight: Array.from({ length: vocabulary }, () => uniform() + 0.1) }],
  ["zLoss and softcap", ids, { zLoss: 0.01, softcap: 3 }],
  ["sampleWeight", ids, { sampleWeight: Array.from(ids, (_, t) => t % 3) }],
  ["the sum", ids, { reduction: "sum" }],
  ["no reduction", ids, { reduction: "none" }],
  ["probabilities", probabilities, {}],
];

describe.each([
  [Float64Array, 1e-13],
  [Float32Array, 3e-6],
] as const)("linearCrossEntropy in %o", (Type, tolerance) => {
  it.each(everyOption)("equals crossEntropy of the logits: %s", (_, target, options) => {
    const isUnreduced = "reduction" in options && options.reduction === "none";
    const gradOutput = isUnreduced ? Array.from(ids, (__, t) => 0.5 + t) : 1.5;
    for (const withBias of [false, true]) {
      const { value, grad, grads } = loss.valueAndGrad(
        asType(Type, hidden),
        asType(Type, weight),
        target,
        {
          ...options,
          ...(withBias ? { bias: asType(Type, bias) } : {}),
          gradOutput: isUnreduced
            ? { data: Float64Array.from(gradOutput as number[]), shape: [positions] }
            : gradOutput,
        },
      );
      const expected = expectedOf(
        target,
        withBias,
        options,
        isUnreduced
          ? { data: Float64Array.from(gradOutput as number[]), shape: [positions] }
          : gradOutput,
      );
      const numbers = (x: unknown) =>
        typeof x === "number" ? [x] : (x as { data: Float64Array }).data;
      expectClose(numbers(value), numbers(expected.value), tolerance);
      expect(grad).toBe(grads.input);
      expectClose(grads.input.data, expected.input, tolerance);
      expectClose(grads.weight.data, expected.weight, tolerance);
      if (withBias) expectClose(grads.bias.data, expected.bias, tolerance);
      else expect(grads.bias).toBeUndefined();
      const alone = loss(asType(Type, hidden), asType(Type, weight), target, {
        ...options,
        ...(withBias ? { bias: asType(Type, bias) } : {}),
      });
      expectClose(numbers(alone), numbers(value), 1e-6);
    }
  });

  it("cuts a large vocabulary into blocks of rows", () => {
    const many = 150_000;
    const few = makeTensor([9, 4]);
    const large = makeTensor([many, 4]);
    const targets = Int32Array.from({ length: 9 }, () => below(many));
    const { value, grads } = loss.valueAndGrad(asType(Type, few), asType(Type, large), targets);
    let sum = 0;
    for (let t = 0; t < 9; t++) {
      const row = { data: few.data.subarray(4 * t, 4 * t + 4), shape: [4] };
      sum += loss(row, large, targets[t]);
    }
    expect(Math.abs(value / (sum / 9) - 1)).toBeLessThan(tolerance);
    expect(grads.weight.shape).toEqual([many, 4]);
  });
});

describe("linearCrossEntropy", () => {
  it("shifts: position t is scored against target t + 1", () => {
    const targets = Array.from(ids, (id) => Math.max(0, id));
    const batch = { data: hidden.data, shape: [3, 3, depth] };
    const target = [targets.slice(0, 3), targets.slice(3, 6), targets.slice(6)];
    const { value, grads } = loss.valueAndGrad(batch, weight, target, {
      shift: true,
      reduction: "sum",
    });
    const kept = [0, 1, 3, 4, 6, 7];
    const rows = kept.flatMap((t) => [...hidden.data.subarray(t * depth, (t + 1) * depth)]);
    const compact = { data: Float64Array.from(rows), shape: [6, depth] };
    const expected = loss.valueAndGrad(
      compact,
      weight,
      kept.map((t) => targets[t + 1]),
      {
        reduction: "sum",
      },
    );
    expect(value).toBeCloseTo(expected.value, 12);
    expectClose(grads.weight.data, expected.grads.weight.data, 1e-13);
    kept.forEach((t, i) => {
      expectClose(
        grads.input.data.subarray(t * depth, (t + 1) * depth),
        expected.grads.input.data.subarray(i * depth, (i + 1) * depth),
        1e-13,
      );
    });
    const last = grads.input.data.subarray(2 * depth, 3 * depth);
    expect([...last].every((element: number) => element === 0)).toBe(true);
    const none = loss(batch, weight, target, { shift: true, reduction: "none" });
    expect(none.shape).toEqual([3, 2]);
  });

  it("shifts the weights of tokens with the tokens, as perplexity does", () => {
    const batch = { data: hidden.data, shape: [3, 3, depth] };
    const targets = Array.from(ids, (id) => Math.max(0, id));
    const target = [targets.slice(0, 3), targets.slice(3, 6), targets.slice(6)];
    const attentionMask = [
      [1, 1, 1],
      [1, 1, 0],
      [1, 0, 0],
    ];
    const none = loss(batch, weight, target, { shift: true, reduction: "none" });
    const [first, second, third] = none.data;
    const options = { shift: true, sampleWeight: attentionMask };
    expect(loss(batch, weight, target, options)).toBeCloseTo((first + second + third) / 3, 12);
    const logits = { data: allLogits(), shape: [3, 3, vocabulary] };
    expect(Math.log(perplexity(logits, target, options))).toBeCloseTo(
      loss(batch, weight, target, options),
      12,
    );
    const empty = [makeTensor([2, 0, depth]), weight, { data: new Int32Array(0), shape: [2, 0] }];
    const noWeights = { data: new Float64Array(0), shape: [2, 0] };
    expect(loss(...empty, { shift: true, sampleWeight: noWeights })).toBeNaN();
    expect(() => loss(batch, weight, target, { shift: true, sampleWeight: [1, 1] })).toThrow(
      "sampleWeight must have the losses' shape [3, 3]",
    );
  });

  it("writes each gradient to its out, and computes those that are asked for", () => {
    const out = { input: makeTensor([positions, depth]), weight: makeTensor([vocabulary, depth]) };
    const { grads } = loss.valueAndGrad(hidden, weight, ids, { out });
    expect(grads.weight).toBe(out.weight);
    const plain = loss.valueAndGrad(hidden, weight, ids);
    expect(out.weight.data).toEqual(plain.grads.weight.data);
    const only = loss.valueAndGrad(hidden, weight, ids, { differentiate: ["input"] });
    expect(only.grads).toEqual({ input: plain.grads.input });
  });

  it("ignores positions, also with NaN in them", () => {
    const data = hidden.data.slice();
    data.fill(Number.NaN, 3 * depth, 4 * depth);
    const { value, grads } = loss.valueAndGrad({ data, shape: hidden.shape }, weight, ids, {
      reduction: "sum",
    });
    expect(value).toBe(loss(hidden, weight, ids, { reduction: "sum" }));
    expect([...grads.input.data, ...grads.weight.data].some(Number.isNaN)).toBe(false);
    const all = new Int32Array(positions).fill(-100);
    expect(loss(hidden, weight, all)).toBeNaN();
    expect(loss(hidden, weight, all, { whenEmpty: "zero" })).toBe(0);
  });

  it.each([
    [() => loss(3, weight, 0), "input must have shape […, D], got a number."],
    [
      () => loss(hidden, makeTensor([3, 4]), ids),
      "weight must have shape [V, 13] (input [9, 13]), got [3, 4].",
    ],
    [
      () => loss(hidden, weight, [1]),
      "target must have shape [9], or [9, 57] for probabilities, got [1].",
    ],
    [() => loss(hidden, weight, ids, { bias: [1] }), "bias must have shape [57], got [1]."],
    [() => loss(hidden, weight, ids, { weight: [1] }), "the option weight must have shape [57]"],
    [
      () =>
        loss(
          hidden,
          weight,
          Int32Array.from(ids, () => 57),
        ),
      "target 57 at row 0 is out of bounds for 57 classes.",
    ],
    [() => loss([1, 2], [[1, 2]], 0, { shift: true }), "shift needs several positions"],
    [
      () =>
        loss(
          [[1, 2]],
          [
            [1, 2],
            [3, 4],
          ],
          [[0.5, 0.5]],
          { ignoreIndex: 0 },
        ),
      "ignoreIndex is for class indices, got 0 with class probabilities.",
    ],
    [
      () =>
        loss(
          hidden,
          weight,
          makeTensor([positions, vocabulary], () => -1),
        ),
      "target must hold class probabilities, finite and at least 0, got -1 at row 0, class 0.",
    ],
  ])("%# says what was got and what was expected", (call, message) => {
    expect(call).toThrow(`linearCrossEntropy: ${message}`);
    expect(call).toThrow(RangeError);
  });
});

describe("probabilities as targets", () => {
  const logitsOf = (target: unknown, options = {}) =>
    loss(
      [
        [1, 2],
        [3, 4],
      ],
      [
        [1, 0],
        [0, 1],
      ],
      target,
      options,
    );

  it("may not be counts, and integers must be one-hot", () => {
    expect(() =>
      logitsOf([
        [0, 1],
        [2, 1],
      ]),
    ).toThrow("whole numbers such as 2");
    const integers = { data: Int32Array.of(0, 1, 1, 1), shape: [2, 2] };
    expect(() => logitsOf(integers)).toThrow("each row must be one-hot, but row 1 is not");
    const bigints = { data: BigInt64Array.from([0n, 1n, 1n, 1n]), shape: [2, 2] };
    expect(() => logitsOf(bigints)).toThrow("each row must be one-hot, but row 1 is not");
    const nested = [
      [0n, 1n],
      [1n, 0n],
    ];
    expect(logitsOf(nested)).toBe(
      logitsOf([
        [0, 1],
        [1, 0],
      ]),
    );
  });

  it("may be whole numbers in all rows of a block", () => {
    const tokens = 2 ** 17;
    // Two rows of logits are a block.
    const weights = { data: new Float64Array(tokens).map(normal), shape: [tokens, 1] };
    const target = { data: new Float64Array(3 * tokens), shape: [3, tokens] };
    target.data[0] = 3;
    target.data[tokens + 1] = 1;
    target.data.fill(0.5, 2 * tokens, 2 * tokens + 4);
    const logits = { data: new Float64Array(3 * tokens), shape: [3, tokens] };
    for (let i = 0; i < 3 * tokens; i++) logits.data[i] = weights.data[i % tokens];
    const expected = reference(logits, target, { reduction: "none" }).data;
    const found = loss([[1], [1], [1]], weights, target, { reduction: "none" });
    expect(found).toHaveLength(3);
    for (let i = 0; i < 3; i++) expect(found[i]).toBeCloseTo(expected[i], 12);
  });

  it("may be anything in rows that do not count", () => {
    const invalid = [Number.NaN, -1];
    const valid = [0.25, 0.75];
    const first = logitsOf([valid, invalid], { sampleWeight: [1, 0] });
    expect(first).toBe(logitsOf([valid, valid], { sampleWeight: [1, 0] }));
    expect(logitsOf([invalid, valid], { shift: true })).toBe(
      logitsOf([valid, valid], { shift: true }),
    );
    expect(() => logitsOf([valid, invalid], { shift: true })).toThrow("at row 1, class 0");
  });
});

it("sums the gradient of the bias in float64", () => {
  const positions = 100_000;
  const next = random(3);
  const hidden = Float32Array.from({ length: positions }, next.normal);
  const weight = Float32Array.from({ length: 4 }, next.normal);
  const bias = Float32Array.from({ length: 4 }, next.normal);
  const ids = Int32Array.from({ length: positions }, () => next.below(4));
  const gradient = (FloatArray: typeof Float32Array | typeof Float64Array) =>
    (
      linearCrossEntropy.valueAndGrad(
        { data: FloatArray.from(hidden), shape: [positions, 1] },
        { data: FloatArray.from(weight), shape: [4, 1] },
        ids,
        { bias: FloatArray.from(bias) },
      ).grads as unknown as { bias: Float32Array }
    ).bias;
  const expected = gradient(Float64Array);
  gradient(Float32Array).forEach((g, j) => {
    expect(Math.abs(g / expected[j] - 1)).toBeLessThan(1e-6);
  });
});

describe("numbers that float32 cannot hold, beside float32 hidden states", () => {
  const hidden = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] };
  const weight = { data: Float32Array.of(1, 0, 0, 1, 0.5, 0.5), shape: [3, 2] };
  const doubles = ({ data, shape }: typeof hidden) => ({ data: Float64Array.from(data), shape });
  const large = 1e39;

  it.each([
    ["probabilities", { data: Float64Array.of(large, 0, 0, 0, large, 0), shape: [2, 3] }, {}],
    ["weights of tokens", [0, 1], { weight: [large, large, 1] }],
    ["weights of tokens, summed", [0, 1], { weight: [large, large, 1], reduction: "sum" }],
    ["small weights of tokens", [0, 1], { weight: [1e-50, 2e-50, 1] }],
    ["a bias", [1, 1], { bias: [large, 0, 0] }],
  ] as const)("%s give what float64 gives", (_, target, options) => {
    const call = { ...options, gradOutput: "bias" in options ? 1 : 1 / large };
    const found = loss.valueAndGrad(hidden, weight, target, call);
    const expected = loss.valueAndGrad(doubles(hidden), doubles(weight), target, call);
    expect(found.value / expected.value).toBeCloseTo(1, 6);
    for (const name of ["input", "weight"]) {
      found.grads[name].data.forEach((element: number, i: number) => {
        expect(element).toBeCloseTo(expected.grads[name].data[i], 6);
      });
    }
  });
});
