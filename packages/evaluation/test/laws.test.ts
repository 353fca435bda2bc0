import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  accuracy,
  brierScore,
  calibrationError,
  confusionMatrix,
  fitTemperature,
  reliability,
} from "../src/index.ts";

/** A metric of any type. */
// biome-ignore lint/suspicious/noExplicitAny: the laws hold for metrics of all types.
type AnyMetric = any;

const all: Readonly<Record<string, AnyMetric>> = {
  accuracy,
  brierScore,
  calibrationError,
  confusionMatrix,
  fitTemperature,
  reliability,
};
const accumulated = { accuracy, brierScore, calibrationError, reliability };

const logits = [
  [2, 1, 0],
  [0, 3, 1],
  [1, 1, 4],
  [-1, 0, 0.5],
  [0.2, 0.1, 0],
];
const labels = [0, 1, 0, 2, 1];

const transposed = logits[0].map((_, j) => logits.map((row) => row[j]));

describe.each(Object.entries(all))("%s", (name, metric) => {
  const expected = metric(logits, labels);

  it("reads every container, and any axis", () => {
    const data = Float64Array.from(logits.flat());
    expect(metric({ data, shape: [5, 3] }, Int32Array.from(labels))).toEqual(expected);
    expect(metric({ data, dims: [5, 3] }, BigInt64Array.from(labels.map(BigInt)))).toEqual(
      expected,
    );
    expect(metric({ data, shape: [5, 3] }, { data: Uint8Array.from(labels), dims: [5] })).toEqual(
      expected,
    );
    expect(metric(transposed, labels, { axis: 0 })).toEqual(expected);
    expect(metric([logits], [labels])).toEqual(expected);
  });

  it("ignores rows of the ignored label and of weight 0, whatever they hold", () => {
    const more = [...logits, [Number.NaN, Number.NaN, Number.NaN], [9, 9, 9]];
    expect(metric(more, [...labels, -100, -100])).toEqual(expected);
    expect(metric(more, [...labels, 7, 7], { ignoreIndex: 7 })).toEqual(expected);
    const sampleWeight = [true, true, true, true, true, false, false];
    expect(metric(more, [...labels, -1, 99], { sampleWeight })).toEqual(expected);
  });

  it("counts a whole weight as so many repetitions", () => {
    const sampleWeight = [1, 3, 2, 1, 2];
    const repeat = <T>(rows: T[]) => rows.flatMap((row, i) => Array(sampleWeight[i]).fill(row));
    expect(() => metric(logits, labels, { sampleWeight: [1, 2] })).toThrow(
      "sampleWeight must have the labels' shape [5]",
    );
    const weighted = metric(logits, labels, { sampleWeight });
    const repeated = metric(repeat(logits), repeat(labels));
    expect(toNumbers(weighted).length).toBe(toNumbers(repeated).length);
    toNumbers(weighted).forEach((value, i) => {
      const other = toNumbers(repeated)[i];
      expect(Number.isNaN(value) ? Number.isNaN(other) : Math.abs(value - other) < 1e-12).toBe(
        true,
      );
    });
  });

  it("reads probabilities as the logits that they come from", () => {
    const probabilities = logits.map((row) => {
      const exps = row.map(Math.exp);
      const sum = exps.reduce((a, b) => a + b, 0);
      return exps.map((exp) => exp / sum);
    });
    const fromProbabilities = toNumbers(metric(probabilities, labels, { probabilities: true }));
    toNumbers(expected).forEach((value, i) => {
      if (!Number.isNaN(value)) expect(fromProbabilities[i]).toBeCloseTo(value, 12);
    });
  });

  it("names function, value and remedy in errors", () => {
    const expectError = (call: () => unknown, message: string) =>
      expect(call).toThrow(`${name}: ${message}`);
    expectError(() => metric(logits, [0, 1, 2, 0, 3]), "labels 3 at row 4 is out of bounds for 3");
    expectError(
      () => metric(logits, [0, 1, 2]),
      "labels must have shape [5] (logits [5, 3] without class axis 1), got [3]. These labels fit another class axis: write { axis: 0 }.",
    );
    expectError(() => metric(logits, labels, { top: 1 }), 'unknown option "top"');
    for (const [other, own] of [
      ["mask", "sampleWeight"],
      ["dim", "axis"],
    ]) {
      expectError(
        () => metric(logits, labels, { [other]: 1 }),
        `unknown option "${other}", it is called "${own}" here.`,
      );
    }
    expectError(() => metric(3, labels), "logits must have a class axis, got a number.");
    expectError(
      () => metric(logits, labels, { probabilities: true }),
      "probabilities must be from 0 to 1, got 2 in row 0.",
    );
    expectError(
      () => metric([[0.5, 0.2]], [0], { probabilities: true }),
      "the probabilities of row 0 must add up to 1, got 0.7.",
    );
    expect(() => metric("x", labels)).toThrow(TypeError);
  });
});

/** Returns all numbers of a result, in order. */
function toNumbers(result: unknown): number[] {
  if (typeof result === "number") return [result];
  if (ArrayBuffer.isView(result)) return [...(result as Float64Array)];
  if (typeof result !== "object" || result === null) return [];
  return Object.values(result).flatMap(toNumbers);
}

describe.each(Object.entries(accumulated))("%s.accumulator", (name, metric: AnyMetric) => {
  const inputs = logits.map((row, i) => ({ logits: [row], labels: [labels[i]] }));
  const { createAccumulator, addInput, mergeAccumulators, extractOutput } = metric.accumulator();

  it("has the same bits for every cut and every order of merging", () => {
    const expected = metric(logits, labels);
    fc.assert(
      fc.property(
        fc.array(fc.nat(3), { minLength: inputs.length, maxLength: inputs.length }),
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
        (parts, order) => {
          const states = [0, 1, 2, 3].map(createAccumulator);
          inputs.forEach((input, i) => {
            states[parts[i]] = JSON.parse(JSON.stringify(addInput(states[parts[i]], input)));
          });
          const merged = mergeAccumulators(order.map((i) => states[i]));
          expect(extractOutput(merged)).toEqual(expected);
        },
      ),
      { seed: 1 },
    );
  });

  it("leaves states as they are, also when an input is wrong", () => {
    const state = createAccumulator();
    const copy = JSON.stringify(state);
    addInput(state, inputs[0]);
    const wrong = {
      logits: [
        [1, 2],
        [3, 4],
      ],
      labels: [0, 5],
    };
    expect(() => addInput(state, wrong)).toThrow(`${name}.addInput: labels 5 at row 1`);
    expect(JSON.stringify(state)).toBe(copy);
  });

  it("weighs the rows of an input", () => {
    const state = addInput(createAccumulator(), { logits, labels, sampleWeight: [1, 2, 0, 1, 3] });
    expect(extractOutput(state)).toEqual(metric(logits, labels, { sampleWeight: [1, 2, 0, 1, 3] }));
  });

  it("refuses states of other functions, versions and options", () => {
    const state = createAccumulator();
    const refuse = (changed: unknown, message: string) =>
      expect(() => extractOutput(changed)).toThrow(message);
    refuse({ ...state, version: 2 }, `${name}.extractOutput: state.version must be 1`);
    refuse({ ...state, type: "other" }, `state.type must be "${name}", got "other"`);
    refuse({ ...state, sums: [[0]] }, "state.sums must be");
    const noNumbers = state.sums.map(() => [null]);
    refuse({ ...state, sums: noNumbers }, "state.sums[0][0] must be a finite number, got null.");
    const gaps = state.sums.map(() => Array(1));
    refuse({ ...state, sums: gaps }, "state.sums[0][0] must be a finite number, got undefined.");
    refuse(undefined, `${name}.extractOutput: state must be an object`);
    for (const notState of [{}, { ...state, type: 1 }, { ...state, sums: 0 }]) {
      expect(() => extractOutput(notState)).toThrow(TypeError);
    }
    expect(() => extractOutput({ ...state, type: "other" })).toThrow(RangeError);
    expect(() => mergeAccumulators(3)).toThrow("states must be an array of states");
    for (const option of Object.keys(state.options)) {
      refuse(
        { ...state, options: { ...state.options, [option]: 99 } },
        `options.${option} must be`,
      );
    }
    expect(() => metric.accumulator({ sampleWeight: [1] })).toThrow("unknown option");
    expect(() => addInput(state, [logits, labels])).toThrow("must be an object { logits, labels }");
  });

  it("stays small", () => {
    const state = inputs.reduce((total, input) => addInput(total, input), createAccumulator());
    expect(JSON.stringify(state).length).toBeLessThan(3000);
  });
});

describe("the input of an accumulator", () => {
  const accumulator = brierScore.accumulator();

  it.each([{ probabilities: true }, { axis: 0 }, { sampleweight: [1] }])(
    "with an unknown field is an error: %j",
    (field) => {
      const input = { logits: [[0.1, 0.9]], labels: [1], ...field };
      const state = accumulator.createAccumulator();
      expect(() => accumulator.addInput(state, input)).toThrow(/unknown field/);
    },
  );

  it("must have its own logits and labels", () => {
    const input = Object.create({ logits: [[0.1, 0.9]], labels: [1] });
    const state = accumulator.createAccumulator();
    expect(() => accumulator.addInput(state, input)).toThrow("{ logits, labels }");
  });

  it.each([
    [[1, 2], "input must be an object { logits, labels }, got Array(2)."],
    [Float32Array.of(1), "got Float32Array(1)."],
    [undefined, "got undefined."],
    [{ logits: [[1, 2]] }, "input must be an object { logits, labels }, but labels is missing."],
    [{ labels: [1], logits: undefined }, "but logits is missing."],
  ])("says what it got: %j", (input, message) => {
    const state = accumulator.createAccumulator();
    const add = () => accumulator.addInput(state, input as never);
    expect(add).toThrow(TypeError);
    expect(add).toThrow(message);
  });

  it("names a field whose getter throws", () => {
    const input = {
      labels: [1],
      get logits(): number[][] {
        throw new Error("gone");
      },
    };
    expect(() => accumulator.addInput(accumulator.createAccumulator(), input)).toThrow(
      "brierScore.addInput: logits cannot be read, because its getter threw: gone",
    );
  });
});

describe("labels that do not fit", () => {
  const tensor = (shape: number[]) => {
    return { data: Float64Array.from({ length: shape.reduce((a, b) => a * b) }), shape };
  };
  it.each<[logits: unknown, labels: unknown, options: object, advice: string]>([
    [[0, 1, 1], [0, 1, 0], {}, "Predicted classes cannot be evaluated: pass the logits"],
    [[0.3, -2, 1], [1, 0, 1], {}, "pass the rows [0, x]."],
    [[0.3, -2], [[1], [0]], {}, "pass the rows [0, x]."],
    [[0.3, 0.2], [1, 0], { probabilities: true }, "pass the rows [1 - p, p]."],
    [[[0.3], [-2]], [1, 0], {}, "out of bounds for 1 classes. If each row has one logit x"],
    [tensor([4, 2]), [0, 0, 0, 2], {}, "out of bounds for 2 classes."],
    [tensor([2, 2]), tensor([2, 2]), {}, "Labels are class indices: pass one number"],
    [
      [
        [1, 2],
        [3, 4],
      ],
      [
        [0, 1],
        [1, 0],
      ],
      {},
      "These labels are one-hot: pass the index",
    ],
    [tensor([2, 2]), [[0], [1]], {}, "got [2, 1]. Squeeze them to shape [2]."],
    [tensor([2, 1, 2]), [0, 1], {}, "got [2]. Reshape them to shape [2, 1]."],
    [[1, 2], [0], {}, "The label of one row is a number."],
    [[0, 1], tensor([2, 3]), {}, "Logits and labels seem to be swapped"],
    [Float64Array.of(1, 2, 3, 4, 5, 6), [0, 1], {}, "tensor(logits, [2, 3])."],
  ])("%# get advice", (logits, wrong, options, advice) => {
    const call = () => accuracy(logits as never, wrong as never, options);
    expect(call).toThrow(RangeError);
    expect(call).toThrow(advice);
    expect(call).toThrow(/^accuracy: labels .*[^ ]\.$/);
  });
});
