import { type FloatInput, type IntegerInput, logSoftmax } from "@surprisal/core";
import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import {
  linearCrossEntropy,
  mergePartials,
  partialGradient,
  partialSoftmax,
  perplexity,
  tokenEntropy,
  tokenLogProbs,
  tokenRanks,
  topLogProbs,
} from "../src/index.ts";

const { normal, below } = random(5);

/** Returns normally distributed logits of this shape, scaled to a range of confidences. */
function makeLogits(...shape: number[]): { data: Float32Array; shape: number[] } {
  const size = shape.reduce((a, b) => a * b, 1);
  return { data: Float32Array.from({ length: size }, () => 4 * normal()), shape };
}

/** Returns log-probabilities in float64. */
function reference(data: Float32Array, vocabulary: number, temperature = 1): Float64Array {
  const shape = [data.length / vocabulary, vocabulary];
  return logSoftmax({ data: Float64Array.from(data), shape }, { temperature }).data as Float64Array;
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  expect(actual.length).toBe(expected.length);
  const errors = Array.from(expected, (value, i) => {
    return Math.abs(actual[i] - value) / Math.max(1e-30, Math.abs(value));
  });
  // A difference that is NaN is an error, too.
  const wrong = errors.findIndex((error) => !(error < tolerance));
  expect(errors[wrong], `element ${wrong}`).toBeUndefined();
}

const sizes = [
  [3, 5],
  [7, 50],
  [4, 1000],
  [2, 70001],
] as const;

describe.each(sizes)("%d positions, a vocabulary of %d", (positions, vocabulary) => {
  const logits = makeLogits(positions, vocabulary);
  const ids = Int32Array.from({ length: positions }, () => below(vocabulary));

  it.each([1, 0.7, 300])(
    "has the log-probabilities of logSoftmax at temperature %d",
    (temperature) => {
      const logProbs = reference(logits.data, vocabulary, temperature);
      const expected = Array.from(ids, (id, t) => logProbs[t * vocabulary + id]);
      const result = tokenLogProbs(logits, ids, { temperature }) as { data: Float32Array };
      expect(result.data).toBeInstanceOf(Float32Array);
      expectClose(result.data, expected, 5e-7);
      const exact = { ...logits, data: Float64Array.from(logits.data) };
      const float64 = tokenLogProbs(exact, ids, { temperature }) as { data: Float64Array };
      expectClose(float64.data, expected, 1e-14);
    },
  );

  it("shifts: a position is scored against the id after it", () => {
    const shifted = tokenLogProbs(logits, ids, { shift: true }) as { data: Float32Array };
    const rows = { data: logits.data.slice(0, -vocabulary), shape: [positions - 1, vocabulary] };
    const expected = tokenLogProbs(rows, ids.slice(1)) as { data: Float32Array };
    expect(shifted).toEqual(expected);
    const batch = { data: logits.data, shape: [1, positions, vocabulary] };
    const batched = tokenLogProbs(batch, { data: ids, shape: [1, positions] }, { shift: true });
    expect(batched).toEqual({ data: expected.data, shape: [1, positions - 1] });
    const ranks = tokenRanks(logits, ids, { shift: true }) as { data: Float32Array };
    expect(ranks).toEqual(tokenRanks(rows, ids.slice(1)));
    const two = [
      [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
      [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
    ];
    const wrong = [
      [0, 1, 0],
      [0, 1, 9],
    ];
    // The row among all ids, as without shift.
    for (const shift of [false, true]) {
      expect(() => tokenLogProbs(two, wrong, { shift })).toThrow("ids 9 at row 5 is out of bounds");
      expect(() =>
        linearCrossEntropy(
          two,
          [
            [1, 0],
            [0, 1],
          ],
          wrong,
          { shift },
        ),
      ).toThrow("target 9 at row 5 is out of bounds");
    }
  });

  it.each([1, 0.7])("has the k most probable tokens at temperature %d", (temperature) => {
    const logProbs = reference(logits.data, vocabulary, temperature);
    for (const k of [1, 2, Math.min(20, vocabulary), Math.min(1000, vocabulary)]) {
      const { indices, logProbs: top } = topLogProbs(logits, k, { temperature });
      for (let t = 0; t < positions; t++) {
        const row = Array.from(logits.data.subarray(t * vocabulary, (t + 1) * vocabulary));
        const order = row.map((_, j) => j).sort((a, b) => row[b] - row[a] || a - b);
        const places = Array.from(indices.data.subarray(t * k, (t + 1) * k));
        expect(places).toEqual(order.slice(0, k));
        const expected = places.map((j) => logProbs[t * vocabulary + j]);
        expectClose((top.data as Float32Array).subarray(t * k, (t + 1) * k), expected, 5e-7);
      }
    }
  });

  it.each([1, 2.5])("has the entropy of softmax at temperature %d", (temperature) => {
    const logProbs = reference(logits.data, vocabulary, temperature);
    const expected = Array.from(ids, (_, t) => {
      const row = logProbs.subarray(t * vocabulary, (t + 1) * vocabulary);
      return row.reduce((sum, logProb) => sum - Math.exp(logProb) * logProb, 0);
    });
    const result = tokenEntropy(logits, { temperature }) as { data: Float32Array };
    expectClose(result.data, expected, 5e-7);
  });

  it("ranks ids by probability, from 1 on", () => {
    const ranks = tokenRanks(logits, ids) as { data: Float32Array };
    const k = Math.min(vocabulary, 1000);
    const { indices } = topLogProbs(logits, k);
    ids.forEach((id, t) => {
      const rank = ranks.data[t];
      if (rank <= k) expect(indices.data[t * k + rank - 1]).toBe(id);
    });
  });

  it("reads half precision, strides and nested arrays as the same numbers", () => {
    const bits = Uint16Array.from(
      logits.data,
      (value) => new Uint32Array(Float32Array.of(value).buffer)[0] >>> 16,
    );
    const rounded = Float32Array.from(
      bits,
      (half) => new Float32Array(Uint32Array.of(half << 16).buffer)[0],
    );
    const bfloat16 = { data: bits, type: "bfloat16", dims: [positions, vocabulary] };
    const expected = tokenLogProbs({ data: rounded, shape: logits.shape }, ids);
    expect(tokenLogProbs(bfloat16, BigInt64Array.from(ids, BigInt))).toEqual(expected);
    // Column-major.
    const columns = new Float32Array(rounded.length);
    for (let t = 0; t < positions; t++) {
      for (let j = 0; j < vocabulary; j++) columns[j * positions + t] = rounded[t * vocabulary + j];
    }
    const strided = { data: columns, shape: logits.shape, strides: [1, positions] };
    expect(tokenLogProbs(strided, ids)).toEqual(expected);
    expect(tokenRanks(strided, ids)).toEqual(
      tokenRanks({ data: rounded, shape: logits.shape }, ids),
    );
    expect(topLogProbs(strided, 3)).toEqual(topLogProbs({ data: rounded, shape: logits.shape }, 3));
    expect(tokenEntropy(bfloat16)).toEqual(tokenEntropy({ data: rounded, shape: logits.shape }));
    if (vocabulary > 100) return;
    const nested = Array.from(ids, (_, t) =>
      Array.from(rounded.subarray(t * vocabulary, (t + 1) * vocabulary)),
    );
    const { data } = expected as { data: Float32Array };
    expectClose(tokenLogProbs(nested, Array.from(ids)) as number[], data, 5e-7);
    expect(topLogProbs(nested, 2).indices).toEqual(
      nested.map((row) => [...row.keys()].sort((a, b) => row[b] - row[a]).slice(0, 2)),
    );
  });
});

describe("float16", () => {
  it("is read as ONNX Runtime gives it", () => {
    // 2, 1, 0 and −2.5 in float16.
    const data = Uint16Array.of(0x4000, 0x3c00, 0, 0xc100);
    const expected = tokenLogProbs(Float32Array.of(2, 1, 0, -2.5), 1);
    expect(tokenLogProbs({ data, dims: [4], type: "float16" }, 1)).toBe(expected);
  });
});

describe("edge rows", () => {
  const masked = Number.NEGATIVE_INFINITY;

  it("keep the digits of a sure token", () => {
    const [first] = tokenLogProbs([[50, 0]], [0]);
    expect(first).toBeCloseTo(-Math.exp(-50), 30);
    expect(topLogProbs(Float32Array.of(50, 0), 1).logProbs[0]).toBe(Math.fround(-Math.exp(-50)));
  });

  it("have an entropy whose probabilities are too small for float32", () => {
    for (const [vocabulary, gap] of [
      [262_144, 100],
      [262_144, 103],
      [32_000, 100],
    ]) {
      const row = new Float32Array(vocabulary).fill(-gap);
      row[0] = 0;
      const result = tokenEntropy({ data: row, shape: [1, vocabulary] }) as { data: Float32Array };
      const [entropy] = result.data;
      // −(p₀ log p₀ + rest · p log p), with p₀ = 1 − rest · p, to the first order.
      const expected = (vocabulary - 1) * Math.exp(-gap) * (gap + 1);
      expect(Math.abs(entropy / expected - 1)).toBeLessThan(2e-5);
    }
  });

  it("have −∞ for a masked token, and nothing for an ignored one", () => {
    expect(
      tokenLogProbs(
        [
          [masked, 0],
          [masked, masked],
        ],
        [0, -100],
      ),
    ).toEqual([masked, 0]);
    expect(tokenLogProbs([[masked, masked]], [0])).toEqual([Number.NaN]);
    expect(tokenEntropy([[masked, 0, 0]])).toEqual([expect.closeTo(Math.LN2, 15)]);
    expect(tokenRanks([[masked, masked, 1]], [1])).toEqual([3]);
    expect(topLogProbs([[masked, 1, masked]], 3).indices).toEqual([[1, 0, 2]]);
  });

  it("are NaN where a logit is", () => {
    expect(tokenLogProbs([[Number.NaN, 0]], [1])).toEqual([Number.NaN]);
    expect(topLogProbs([[0, Number.NaN]], 2)).toEqual({
      indices: [[1, 0]],
      logProbs: [[Number.NaN, Number.NaN]],
    });
    expect(tokenRanks([[Number.NaN, 0]], [0])).toEqual([Number.NaN]);
    expect(tokenEntropy([[Number.NaN, 0]])).toEqual([Number.NaN]);
  });

  it("are none in an empty batch", () => {
    const empty = { data: new Float32Array(0), shape: [0, 4] };
    expect(tokenLogProbs(empty, [])).toEqual({ data: new Float32Array(0), shape: [0] });
    expect(topLogProbs(empty, 2).indices).toEqual({ data: new Int32Array(0), shape: [0, 2] });
    expect(perplexity(empty, [])).toBeNaN();
    expect(perplexity([], [])).toBeNaN();
    expect(tokenLogProbs([], [])).toEqual([]);
    expect(tokenLogProbs(new Float32Array(0), [], { shift: true })).toEqual(new Float32Array(0));
    expect(tokenEntropy([])).toEqual([]);
    expect(tokenRanks([], [])).toEqual([]);
    expect(topLogProbs([], 3)).toEqual({ indices: [], logProbs: [] });
    expect(topLogProbs(new Float32Array(0), 2 ** 40)).toEqual({
      indices: new Int32Array(0),
      logProbs: new Float32Array(0),
    });
    expect(() => topLogProbs([], 0)).toThrow("k must be a whole number of at least 1, got 0.");
    const { losses, state } = mergePartials([partialSoftmax([], [])]);
    expect(losses).toEqual([]);
    expect(partialGradient([], [], state)).toEqual([]);
    for (const row of [[[]], { data: new Float32Array(0), shape: [0] }]) {
      expect(() => perplexity(row, [0])).toThrow("must have at least one logit per row, got 0.");
    }
    expect(tokenLogProbs([[1, 2]], [0], { shift: true })).toEqual([]);
  });
});

describe("containers of results", () => {
  it("are those of the logits", () => {
    expect(tokenLogProbs([0, 0], 1)).toBeCloseTo(-Math.LN2, 15);
    expect(topLogProbs(Float32Array.of(1, 3, 2), 2).indices).toEqual(Int32Array.of(1, 2));
    const rows = [Float32Array.of(1, 3, 2), Float32Array.of(5, 3, 2)];
    const top = topLogProbs(rows, 1);
    expect(top.indices).toEqual([Int32Array.of(1), Int32Array.of(0)]);
    expect(top.logProbs).toEqual([expect.any(Float32Array), expect.any(Float32Array)]);
    expect(tokenRanks(rows, [1, 1])).toEqual(Float32Array.of(1, 2));
  });

  it("may be out, also in the memory of the ids", () => {
    const out = new Float32Array(2);
    const result = tokenLogProbs({ data: new Float32Array(6), shape: [2, 3] }, [0, 1], {
      out: { data: out, shape: [2] },
    });
    expect(result).toEqual({ data: out, shape: [2] });
    expect(out[0]).toBeCloseTo(-Math.log(3), 6);
  });
});

describe("perplexity", () => {
  it("is the exponential of the mean loss, weighted", () => {
    const logits = [
      [2, 1, 0],
      [0, 1, 2],
      [1, 1, 1],
    ];
    const ids = [0, 0, 2];
    const nats = (tokenLogProbs(logits, ids) as number[]).map((logProb) => -logProb);
    const mean = (nats[0] + nats[1] + nats[2]) / 3;
    expect(perplexity(logits, ids)).toBeCloseTo(Math.exp(mean), 13);
    const weighted = Math.exp((2 * nats[0] + 3 * nats[2]) / 5);
    expect(perplexity(logits, ids, { sampleWeight: [2, 0, 3] })).toBeCloseTo(weighted, 13);
    const masked = perplexity(logits, ids, { sampleWeight: [true, false, true] });
    expect(masked).toBeCloseTo(Math.exp((nats[0] + nats[2]) / 2), 13);
    expect(perplexity(logits, [0, -1, 2], { ignoreIndex: -1 })).toBe(masked);
  });

  it("takes an attention mask beside shift: the mask of the id that is scored", () => {
    const logits = [
      [
        [2, 1, 0],
        [0, 1, 2],
        [1, 1, 1],
      ],
    ];
    const mask = [[1, 1, 0]];
    const expected = perplexity([[2, 1, 0]], [1]);
    expect(perplexity(logits, [[0, 1, 2]], { shift: true, sampleWeight: mask })).toBe(expected);
  });
});

describe("errors", () => {
  const logits = [
    [2, 1, 0],
    [0, 1, 2],
  ];
  it.each([
    [() => tokenLogProbs(logits, [0, 3]), "tokenLogProbs: ids 3 at row 1 is out of bounds for 3"],
    [() => tokenLogProbs(logits, [0]), "tokenLogProbs: ids must have shape [2] (logits [2, 3]"],
    [() => tokenLogProbs(logits, [0], { shift: true }), "Pass the ids of all positions"],
    [() => tokenLogProbs([1, 2], 0, { shift: true }), "shift needs logits of several positions"],
    [
      () => tokenLogProbs(logits, [0, 1], { temperature: 0 }),
      "temperature must be a finite number",
    ],
    [
      () => perplexity(logits, [0, 1], { sampleWeight: [1, 2, 3] }),
      "sampleWeight must have the ids'",
    ],
    [() => topLogProbs(logits, 4), "topLogProbs: k must be a whole number from 1 to 3"],
    [() => tokenRanks(3, [0]), "logits must have an axis for the vocabulary, got a number."],
  ])("%# say what was got and what was expected", (call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(RangeError);
  });
});

describe("logits that a getter of the ids takes away", () => {
  const scores: readonly ((logits: FloatInput, ids: IntegerInput) => unknown)[] = [
    tokenLogProbs,
    tokenRanks,
    perplexity,
  ];
  const takers: Record<string, (buffer: ArrayBuffer) => void> = {
    detached: (buffer) => structuredClone(buffer, { transfer: [buffer] }),
    shrunk: (buffer) => (buffer as unknown as { resize(bytes: number): void }).resize(8),
  };

  it.each(Object.keys(takers))(
    "are an error, also in half precision or with strides, %s",
    (name) => {
      for (const [Data, fields] of [
        [Uint16Array, { type: "float16" }],
        [Float64Array, { strides: [1, 2] }],
      ] as const) {
        const Resizable = ArrayBuffer as new (bytes: number, options: object) => ArrayBuffer;
        for (const score of scores) {
          const bytes = 6 * Data.BYTES_PER_ELEMENT;
          const buffer = new Resizable(bytes, { maxByteLength: bytes });
          const ids = {
            get data() {
              takers[name](buffer);
              return Int32Array.of(0, 1);
            },
            shape: [2],
          };
          const logits = { data: new Data(buffer), shape: [2, 3], ...fields };
          expect(() => score(logits, ids)).toThrow(/detached/);
        }
      }
    },
  );

  it.each(Object.keys(takers))("are an error, %s", (name) => {
    for (const score of scores) {
      const Resizable = ArrayBuffer as new (bytes: number, options: object) => ArrayBuffer;
      const buffer = new Resizable(24, { maxByteLength: 24 });
      const data = new Float32Array(buffer);
      const ids = {
        get data() {
          takers[name](buffer);
          return Int32Array.of(0, 1);
        },
        shape: [2],
      };
      expect(() => score({ data, shape: [2, 3] }, ids)).toThrow(/detached/);
    }
  });
});

describe("outputs in the memory of strided logits", () => {
  // More numbers than a block has: the first results are stored before the last logits are read.
  const n = 700;
  const numbers = Float32Array.from({ length: n * n }, (_, i) => 3 * Math.sin(i * 12.9898));
  const ids = Int32Array.from({ length: n }, (_, i) => i);

  it.each([
    ["at the start of rows in reverse", { strides: [-n, 1], offset: n * (n - 1) }, 0],
    ["at the end of columns", { strides: [1, n] }, n * (n - 1)],
  ])("have the results of separate outputs, %s", (_, layout, start) => {
    const logitsOf = (data: Float32Array) => ({ data, shape: [n, n], ...layout });
    const expected = tokenLogProbs(logitsOf(numbers), ids) as { data: Float32Array };
    const memory = numbers.slice();
    const out = { data: memory.subarray(start, start + n), shape: [n] };
    tokenLogProbs(logitsOf(memory), ids, { out });
    expect(out.data).toEqual(expected.data);
  });

  it("have the gradients of separate outputs, also where they are the same array", () => {
    const logitsOf = (data: Float32Array) => ({ data, shape: [n, n], strides: [1, n] });
    const { state } = mergePartials([partialSoftmax(logitsOf(numbers), ids)]);
    const expected = partialGradient(logitsOf(numbers), ids, state);
    const memory = numbers.slice();
    partialGradient(logitsOf(memory), ids, state, { out: { data: memory, shape: [n, n] } });
    expect(memory).toEqual(expected.data);
  });
});

it("ranks of float16 logits are exact above 2048", () => {
  const size = 4099;
  const bits = { data: new Uint16Array(size).fill(0x3c00), shape: [1, size], type: "float16" };
  const ranks = tokenRanks(bits, [size - 1]) as { data: Float32Array };
  expect(ranks.data).toEqual(Float32Array.of(size));
  if (typeof Float16Array === "undefined") return;
  const logits = { data: new Float16Array(size).fill(1), shape: [1, size] };
  const ofFloat16 = tokenRanks(logits, [size - 1]) as { data: Float32Array };
  expect(ofFloat16.data).toEqual(ranks.data);
});

it("weights that contain themselves are refused", () => {
  const weights: unknown[] = [];
  weights.push(weights, weights);
  const options = { sampleWeight: weights as number[] };
  expect(() => perplexity([[1, 2]], [0], options)).toThrow("perplexity: sampleWeight");
});

it("empty weights may be bigints", () => {
  const logits = { data: new Float32Array(0), shape: [0, 3] };
  const options = { sampleWeight: new BigInt64Array(0) };
  expect(perplexity(logits, new Int32Array(0), options)).toBeNaN();
});
