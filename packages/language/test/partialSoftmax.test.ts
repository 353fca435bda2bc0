import { crossEntropy } from "@surprisal/losses";
import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { mergePartials, type PartialState, partialGradient, partialSoftmax } from "../src/index.ts";

const { normal, below } = random(17);
const vocabulary = 130;
const positions = 6;
const masked = Number.NEGATIVE_INFINITY;

const rows = Array.from({ length: positions }, (_, t) =>
  Array.from({ length: vocabulary }, () => (t === 3 ? 60 : 4) * normal()),
);
const ids = rows.map(() => below(vocabulary));

/** Returns the start of each part, for a vocabulary that is cut at random places. */
function cut(parts: number): number[] {
  const places = new Set([0]);
  while (places.size < parts) places.add(below(vocabulary));
  return [...places].sort((a, b) => a - b);
}

function partsOf(logits: number[][], starts: number[]) {
  return starts.map((start, k) => ({
    start,
    logits: logits.map((row) => row.slice(start, starts[k + 1])),
  }));
}

const roundTrip = (state: PartialState): PartialState => JSON.parse(JSON.stringify(state));

describe.each([1, 2, 3, 17, 64])("a vocabulary in %d parts", (count) => {
  const parts = partsOf(rows, cut(count));
  const states = parts.map(({ start, logits }) =>
    roundTrip(partialSoftmax(logits, ids, { vocabularyStart: start })),
  );
  const whole = crossEntropy.valueAndGrad(rows, ids, { reduction: "none" });

  it("has the losses of the whole vocabulary, in any order of merging", () => {
    const expectLosses = (losses: readonly number[]) =>
      losses.forEach((loss, t) => {
        expect(Math.abs(loss / (whole.value as number[])[t] - 1)).toBeLessThan(1e-14);
      });
    expectLosses(mergePartials(states).losses);
    expectLosses(mergePartials([...states].reverse()).losses);
    const tree = states.reduce((a, b) => roundTrip(mergePartials([a, b]).state));
    expectLosses(mergePartials([tree]).losses);
  });

  it("has the gradients of the whole vocabulary", () => {
    const { state } = mergePartials(states);
    const gradOutput = rows.map((_, t) => 0.5 + t);
    const grads = parts.map(({ start, logits }) =>
      partialGradient(logits, ids, state, { vocabularyStart: start, gradOutput }),
    );
    rows.forEach((_, t) => {
      const row = grads.flatMap((grad) => grad[t]);
      row.forEach((value, j) => {
        const expected = gradOutput[t] * (whole.grad as number[][])[t][j];
        expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-13 * Math.abs(expected));
      });
    });
  });
});

describe("mergePartials", () => {
  it("keeps the digits of a sure token", () => {
    const states = [
      partialSoftmax([[80]], [0]),
      partialSoftmax([[0, 1]], [0], { vocabularyStart: 1 }),
    ];
    const expected = Math.exp(-80) + Math.exp(-79);
    expect(mergePartials(states).losses[0] / expected).toBeCloseTo(1, 14);
  });

  it("leaves out a part of only −∞", () => {
    const states = [
      partialSoftmax([[1, 2]], [1]),
      partialSoftmax([[masked, masked]], [1], { vocabularyStart: 2 }),
    ].map(roundTrip);
    expect(mergePartials(states).losses).toEqual([crossEntropy([1, 2], 1)]);
    const { state } = mergePartials(states);
    expect(partialGradient([[masked, masked]], [1], state, { vocabularyStart: 2 })).toEqual([
      [0, 0],
    ]);
  });

  it("has ∞ for a masked token, NaN for a row of only −∞, 0 for an ignored position", () => {
    const ignoreIndex = -100;
    const logits = [
      [masked, 1],
      [masked, masked],
      [masked, masked],
    ];
    const state = partialSoftmax(logits, [0, 0, ignoreIndex]);
    expect(mergePartials([state]).losses).toEqual([Number.POSITIVE_INFINITY, Number.NaN, 0]);
  });

  it("refuses states that do not belong together", () => {
    const state = partialSoftmax([[1, 2]], [0]);
    const merge =
      (...states: unknown[]) =>
      () =>
        mergePartials(states as PartialState[]);
    expect(merge(state, state)).toThrow("ids 0 to 1 are in more than one");
    expect(merge(state, partialSoftmax([1, 2], 0, { vocabularyStart: 2 }))).toThrow(
      "mergePartials: states[1] must have positions of shape [1], like the first state, got [].",
    );
    expect(merge({ ...state, version: 2 })).toThrow("states[0].version must be 1, got 2.");
    expect(merge({})).toThrow(TypeError);
    expect(merge()).toThrow("at least one state");
    expect(() => mergePartials(5 as never)).toThrow(TypeError);
    const ignored = partialSoftmax([[1]], [-100], { vocabularyStart: 2 });
    expect(merge(state, ignored)).toThrow("differs at row 0");
    const other = partialSoftmax([[1], [2]], [1, 2], { vocabularyStart: 2 });
    expect(
      merge(
        partialSoftmax(
          [
            [1, 2],
            [3, 4],
          ],
          [1, 0],
        ),
        other,
      ),
    ).toThrow(
      "mergePartials: states must be of the same tokens, but states[0] and states[1] both hold the token of row 1.",
    );
    expect(() => partialSoftmax([[1]], [0.5])).toThrow("must be whole numbers from 0, got 0.5");
    expect(() => partialSoftmax([[1]], [0], { vocabularyStart: -1 })).toThrow(RangeError);
  });
});

describe("a state", () => {
  const throughJson = (state: PartialState): PartialState => JSON.parse(JSON.stringify(state));

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("with %d gives NaN, also after JSON", (value) => {
    const parts = [
      partialSoftmax([[1, 0]], [1]),
      partialSoftmax([[value, 3]], [1], { vocabularyStart: 2 }),
    ];
    expect(mergePartials(parts).losses).toEqual([Number.NaN]);
    const { losses, state } = mergePartials(parts.map(throughJson));
    expect(losses).toEqual([Number.NaN]);
    expect(mergePartials([throughJson(state)]).losses).toEqual([Number.NaN]);
  });

  it.each([
    ["max", ["9"]],
    ["max", Array(1)],
    ["max", "9"],
    ["sumExpExcludingMax", [null]],
    ["sumExpExcludingMax", [-1]],
    ["targetLogit", ["NaN"]],
    ["ignored", [0]],
    ["vocabulary", [{ start: 5, end: 1 }]],
    ["vocabulary", "ab"],
    ["vocabulary", undefined],
    ["shape", "2"],
  ])("with a wrong %s is refused: %j", (name, value) => {
    const state = { ...partialSoftmax([[1, 0]], [1]), [name]: value } as PartialState;
    const call = () => mergePartials([state]);
    expect(call).toThrow(`mergePartials: states[0].${name} must`);
    if (!Array.isArray(value)) expect(call).toThrow(TypeError);
  });
});

describe("partialGradient", () => {
  it("is NaN for a position whose logits are all −∞, as crossEntropy's", () => {
    const masked = Number.NEGATIVE_INFINITY;
    const { state } = mergePartials([
      partialSoftmax([[masked, masked]], [0]),
      partialSoftmax([[masked]], [0], { vocabularyStart: 2 }),
    ]);
    expect(partialGradient([[masked, masked]], [0], state)).toEqual([[Number.NaN, Number.NaN]]);
  });

  const logits = { data: Float64Array.of(2, 1, 0, 0, 1, 2), shape: [2, 3] };
  const { state } = mergePartials([partialSoftmax(logits, [0, 1])]);
  const copy = (data: Float64Array) => ({ data, shape: [2, 3] });

  it("may take the place of the logits, or contain the upstream gradient", () => {
    const expected = partialGradient(logits, [0, 1], state).data;
    const inPlace = copy(logits.data.slice());
    expect(partialGradient(inPlace, [0, 1], state, { out: inPlace }).data).toEqual(expected);
    const out = copy(new Float64Array(6));
    const gradOutput = out.data.subarray(0, 2).fill(1);
    expect(partialGradient(logits, [0, 1], state, { gradOutput, out }).data).toEqual(expected);
  });

  it.each([
    [() => partialGradient(logits, [0, 0.5], state), "ids must be whole numbers from 0, got 0.5"],
    [() => partialGradient(logits, [0, Number.NaN], state), "got NaN at row 1"],
    [() => partialGradient(logits, [[0], [1]], state), "ids must have shape [2]"],
    [
      () => partialGradient(logits, [0, 1], state, { gradOutput: [[1, 2]] }),
      "gradOutput must be a number or have shape [2], got [1, 2].",
    ],
    [
      () => partialGradient(logits, [0, 1], state, { vocabularyStart: 1 }),
      "logits must be of ids that state has, 0 to 2, got 1 to 3. Set vocabularyStart",
    ],
    [() => partialGradient(logits, [0, 1], state, { vocabularyStart: -1 }), "got -1 to 1"],
    [
      () => partialGradient([[2, 1, 0]], [0], state),
      "state must have positions of shape [1], logits' shape without the vocabulary, got [2].",
    ],
  ])("%# says what was got and what was expected", (call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(RangeError);
  });

  it("takes any id where the position is ignored", () => {
    const ignored = mergePartials([partialSoftmax(logits, [-100, 1])]).state;
    expect(partialGradient(logits, [-100, 1], ignored).data.slice(0, 3)).toEqual(
      new Float64Array(3),
    );
  });
});
