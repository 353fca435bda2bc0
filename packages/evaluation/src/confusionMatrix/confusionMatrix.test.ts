import { describe, expect, it } from "vitest";
import { confusionMatrix } from "./confusionMatrix.ts";

it("counts predictions in columns, true classes in rows", () => {
  const logits = [
    [5, 0, 0],
    [0, 5, 0],
    [0, 5, 0],
    [5, 0, 0],
  ];
  const { data, shape } = confusionMatrix(logits, [0, 0, 1, 2], { sampleWeight: [1, 2, 3, 4] });
  expect(shape).toEqual([3, 3]);
  expect([...data]).toEqual([1, 2, 0, 0, 3, 0, 4, 0, 0]);
});

it("adds weights exactly", () => {
  const logits = Array.from({ length: 10 }, () => [1, 0]);
  const labels = new Array(10).fill(0);
  const { data } = confusionMatrix(logits, labels, { sampleWeight: new Array(10).fill(0.1) });
  expect([...data]).toEqual([1, 0, 0, 0]);
});

it("predicts the first of equal classes", () => {
  expect([...confusionMatrix([[1, 1]], [1]).data]).toEqual([0, 0, 1, 0]);
});

it("is empty for an empty batch, of the size of its classes", () => {
  const empty = confusionMatrix({ data: new Float64Array(0), shape: [0, 2] }, []);
  expect([...empty.data]).toEqual([0, 0, 0, 0]);
});

describe("the accumulator", () => {
  const { createAccumulator, addInput, mergeAccumulators, extractOutput } =
    confusionMatrix.accumulator({ classes: 3 });
  const logits = [
    [5, 0, 0],
    [0, 5, 0],
    [0, 5, 0],
    [5, 0, 0],
  ];
  const labels = [0, 0, 1, 2];
  const sampleWeight = [0.1, 0.2, 0.3, 0.4];

  it("gives the matrix of all inputs, however they are divided", () => {
    const parts = [0, 1, 2, 3].map((i) =>
      addInput(createAccumulator(), {
        logits: [logits[i]],
        labels: [labels[i]],
        sampleWeight: [sampleWeight[i]],
      }),
    );
    const states = JSON.parse(JSON.stringify(parts.reverse()));
    const whole = confusionMatrix(logits, labels, { sampleWeight });
    expect(extractOutput(mergeAccumulators(states))).toEqual(whole);
    expect(extractOutput(createAccumulator()).data).toEqual(new Float64Array(9));
  });

  it("copies only the sums that an input adds to, and leaves the state as it was", () => {
    const input = { logits: [logits[0]], labels: [0], sampleWeight: [0.1] };
    const once = addInput(createAccumulator(), input);
    const before = JSON.stringify(once);
    const twice = addInput(once, { logits: [logits[1]], labels: [0] });
    expect(JSON.stringify(once)).toBe(before);
    expect(twice.sums[0]).toBe(once.sums[0]);
    expect([...extractOutput(twice).data]).toEqual([0.1, 1, 0, 0, 0, 0, 0, 0, 0]);
    expect([...extractOutput(once).data]).toEqual([0.1, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("refuses a sum of another form where it is read", () => {
    const state = { ...createAccumulator(), sums: [["1"], ...createAccumulator().sums.slice(1)] };
    const read = () => addInput(state as never, { logits: [logits[0]], labels: [0] });
    expect(read).toThrow(
      'confusionMatrix.addInput: state.sums[0][0] must be a finite number, got "1".',
    );
    const next = addInput(state as never, { logits: [logits[1]], labels: [0] });
    expect(() => extractOutput(next)).toThrow(
      'confusionMatrix.extractOutput: state.sums[0][0] must be a finite number, got "1".',
    );
    expect(() => mergeAccumulators([next])).toThrow(
      "confusionMatrix.mergeAccumulators: states[0].sums[0][0]",
    );
  });

  it("refuses holes, undefined sums and other values in the place of sums", () => {
    const { sums } = createAccumulator();
    const hole = new Array<never>(9);
    for (const i of [0, 1, 2, 3, 5, 6, 7, 8]) hole[i] = sums[i] as never;
    const holeInSum: number[] = [1];
    holeInSum[2] = 2;
    for (const [changed, problem] of [
      [hole, "[4] must be an exact sum, got undefined."],
      [sums.with(4, undefined as never), "[4] must be an exact sum, got undefined."],
      [sums.with(4, "0" as never), '[4] must be an exact sum, got "0".'],
      [sums.with(4, 0 as never), "[4] must be an exact sum, got 0."],
      [sums.with(4, holeInSum), "[4][1] must be a finite number, got undefined."],
      [hole.slice(1), " must be 9 exact sums, got Array(8)."],
    ] as const) {
      const state = { ...createAccumulator(), sums: changed };
      expect(() => extractOutput(state)).toThrow(
        `confusionMatrix.extractOutput: state.sums${problem}`,
      );
      expect(() => mergeAccumulators([createAccumulator(), state])).toThrow(
        `confusionMatrix.mergeAccumulators: states[1].sums${problem}`,
      );
      const input = { logits: [logits[0]], labels: [1] };
      expect(() => addInput(addInput(state, input), { logits: [[0, 1, 0]], labels: [1] })).toThrow(
        `confusionMatrix.addInput: state.sums${problem}`,
      );
    }
    expect(extractOutput({ ...createAccumulator(), sums: sums.with(4, "NaN") }).data[4]).toBeNaN();
  });

  it("refuses so many classes that their pairs do not fit into memory", () => {
    expect(() => confusionMatrix.accumulator({ classes: 20_000 })).toThrow(
      "confusionMatrix.accumulator: classes must be a whole number from 1 to 2048, got 20000.",
    );
    expect(() => confusionMatrix({ data: new Float32Array(1e6), shape: [1, 1e6] }, [0])).toThrow(
      "confusionMatrix: the result: 1000000000000 elements do not fit into memory.",
    );
  });

  it("needs the number of classes, and inputs that have so many", () => {
    expect(() => confusionMatrix.accumulator()).toThrow(
      "confusionMatrix.accumulator: classes must be the number of classes, got undefined.",
    );
    expect(() => addInput(createAccumulator(), { logits: [[1, 2]], labels: [0] })).toThrow(
      "confusionMatrix.addInput: logits must have 3 classes, got 2.",
    );
  });
});
