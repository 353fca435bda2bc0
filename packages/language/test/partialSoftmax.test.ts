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
    expect(merge()).toThrow("states must hold at least one state, got none.");
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
    ["max", ["9"], TypeError, 'max[0] must be a finite number, null or "NaN", got "9".'],
    ["max", Array(1), TypeError, 'max[0] must be a finite number, null or "NaN", got undefined.'],
    ["max", [Number.POSITIVE_INFINITY], RangeError, "max[0] must be a finite number"],
    ["max", [1, 2], RangeError, "max must have an element for each of 1 positions, got 2."],
    ["max", "9", TypeError, 'max must be an array, got "9".'],
    [
      "sumExpExcludingMax",
      [null],
      TypeError,
      "sumExpExcludingMax[0] must be a finite number of at least 0, got null.",
    ],
    ["sumExpExcludingMax", [-1], RangeError, "sumExpExcludingMax[0] must be"],
    ["targetLogit", ["x"], TypeError, "targetLogit[0] must be"],
    ["targetLogit", [5], RangeError, "targetLogit[0] must be at most max[0], 1, got 5."],
    ["ignored", [0], TypeError, "ignored[0] must be true or false, got 0."],
    ["vocabulary", [{ start: 5, end: 1 }], TypeError, "vocabulary must"],
    ["vocabulary", "ab", TypeError, "vocabulary must"],
    ["vocabulary", undefined, TypeError, "vocabulary must"],
    ["shape", "2", TypeError, "shape must"],
  ])("with a wrong %s is refused: %j", (name, value, Kind, message) => {
    const state = { ...partialSoftmax([[1, 0]], [1]), [name]: value } as PartialState;
    const call = () => mergePartials([state]);
    expect(call).toThrow(Kind);
    expect(call).toThrow(`mergePartials: states[0].${message}`);
  });

  it("has the logits of tokens, also after JSON: −∞, NaN, and null in another part", () => {
    const logits = [
      [masked, 1],
      [Number.NaN, 1],
      [3, 1],
      [3, 1],
    ];
    const state = throughJson(partialSoftmax(logits, [0, 1, 0, 2]));
    expect(state.targetLogit).toEqual(["-Infinity", "NaN", 3, null]);
    expect(mergePartials([state]).state).toEqual(state);
  });
});

describe("losses of some of the parts", () => {
  const part = (start: number, size: number, id: number) =>
    partialSoftmax([Array.from({ length: size }, (_, j) => j)], [id], { vocabularyStart: start });
  const merge = (...states: PartialState[]) => mergePartials(states);
  const missing = "mergePartials: losses need the states of all parts of the vocabulary, but";

  it.each([
    [
      "a token after all parts",
      [part(0, 2, 7), part(2, 3, 7)],
      "the token of row 0 is in none of them. The parts have ids 0 to 4.",
    ],
    ["a gap", [part(0, 2, 1), part(5, 1, 1)], "ids 2 to 4 are in none of them."],
    ["a gap before them", [part(2, 2, 3)], "ids 0 to 1 are in none of them."],
  ])("are an error when they are read: %s", (_, states, message) => {
    const merged = merge(...states);
    expect(() => merged.losses).toThrow(new RangeError(`${missing} ${message}`));
  });

  it("are not needed to merge the states, whose intervals are joined", () => {
    const [first, second, third] = [part(0, 2, 4), part(2, 2, 4), part(4, 3, 4)];
    const outer = merge(first, third).state;
    expect(outer.vocabulary).toEqual([
      { start: 0, end: 2 },
      { start: 4, end: 7 },
    ]);
    const whole = merge(outer, second);
    expect(whole.state.vocabulary).toEqual([{ start: 0, end: 7 }]);
    expect(whole.losses[0]).toBeCloseTo(merge(first, second, third).losses[0], 15);
    expect(whole.losses).toBe(whole.losses);
  });

  it("are 0 for an ignored position, in whatever part its id would be", () => {
    expect(merge(part(0, 2, -100)).losses).toEqual([0]);
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

  it("needs the states of all parts, and tokens in one of them", () => {
    const part = (start: number, id: number) =>
      partialSoftmax([[1, 2]], [id], { vocabularyStart: start });
    const gap = mergePartials([part(0, 1), part(4, 1)]).state;
    expect(() => partialGradient([[1, 2]], [1], gap)).toThrow(
      new RangeError(
        "partialGradient: gradients need the states of all parts of the vocabulary, but ids 2 to 3 are in none of them.",
      ),
    );
    const outside = mergePartials([part(0, 9)]).state;
    expect(() => partialGradient([[1, 2]], [9], outside)).toThrow(
      new RangeError(
        "partialGradient: ids must be in the state's vocabulary, 0 to 1, got 9 at row 0.",
      ),
    );
  });

  it("has an upstream gradient that is a factor, and ignores a position whatever it holds", () => {
    const holed = [
      [Number.NaN, 1],
      [Number.NaN, 1],
    ];
    const { state: both } = mergePartials([partialSoftmax(holed, [-100, 1])]);
    const options = { gradOutput: [Number.NaN, 0] };
    expect(partialGradient(holed, [-100, 1], both, options)).toEqual([
      [0, 0],
      [Number.NaN, Number.NaN],
    ]);
    const { data } = partialGradient(logits, [0, 1], state, { gradOutput: 0 });
    expect([...data].every((element) => element === 0)).toBe(true);
  });

  it("refuses other logits, other ids, and a wrong start", () => {
    const logits = [[3, 0, 1, 4]];
    const [first, second] = [[[3, 0]], [[1, 4]]];
    const part = partialSoftmax(second, [3], { vocabularyStart: 2 });
    const { state } = mergePartials([partialSoftmax(first, [3]), part]);
    const advice = "Pass the same logits and ids as to partialSoftmax, and set vocabularyStart";
    expect(() => partialGradient(first, [1], state)).toThrow(
      `the logit of token 1 at row 0 must be 4, got 0. ${advice}`,
    );
    expect(() => partialGradient([[1, 50]], [3], state, { vocabularyStart: 2 })).toThrow(advice);
    const whole = mergePartials([partialSoftmax(logits, [3])]).state;
    expect(() => partialGradient([[3, 0, 1, 2]], [3], whole)).toThrow("must be 4, got 2. ");
    // Logits that are computed again may differ by roundings.
    expect(partialGradient([[3, 0, 1, 4.01]], [3], whole)[0]).toHaveLength(4);
  });

  it("says what to pass in place of what contains a state", () => {
    const state = partialSoftmax([[1, 2]], [0]);
    const merged = mergePartials([state]) as unknown as typeof state;
    expect(() => mergePartials([merged])).toThrow("got Object. Pass its state.");
    const text = JSON.stringify(state) as unknown as typeof state;
    expect(() => mergePartials([text])).toThrow("Pass what JSON.parse returns.");
    expect(() => mergePartials([state, state])).toThrow("Set vocabularyStart of each");
  });

  it("takes any id where the position is ignored", () => {
    const ignored = mergePartials([partialSoftmax(logits, [-100, 1])]).state;
    expect(partialGradient(logits, [-100, 1], ignored).data.slice(0, 3)).toEqual(
      new Float64Array(3),
    );
  });
});
