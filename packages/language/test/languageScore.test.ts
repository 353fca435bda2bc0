import { random } from "@surprisal/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { languageScore, perplexity } from "../src/index.ts";

const { createAccumulator, addInput, mergeAccumulators, extractOutput } = languageScore;

describe.each([7, 60, 300])("languageScore with a vocabulary of %d", (vocabulary) => {
  const { normal, below } = random(vocabulary);
  const length = 40;
  const data = Float32Array.from({ length: length * vocabulary }, () => 5 * normal());
  const ids = Array.from({ length }, () => below(vocabulary));
  const part = (start: number, end: number) => ({
    logits: {
      data: data.subarray(start * vocabulary, end * vocabulary),
      shape: [end - start, vocabulary],
    },
    ids: ids.slice(start, end),
    bytes: 3 * (end - start),
  });
  const whole = extractOutput(addInput(createAccumulator(), part(0, length)));

  it("is the perplexity of the corpus", () => {
    const { logits } = part(0, length);
    expect(whole.tokens).toBe(length);
    expect(whole.perplexity).toBeCloseTo(perplexity(logits, ids), 8);
    expect(whole.bitsPerToken).toBeCloseTo(Math.log2(whole.perplexity), 12);
    expect(whole.bitsPerByte).toBeCloseTo(whole.bitsPerToken / 3, 12);
  });

  it("has the same bits for every cut, and every order and shape of merging", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: length - 1 }), { maxLength: 12 }),
        fc.infiniteStream(fc.nat()),
        (cuts, choices) => {
          const edges = [0, ...cuts.sort((a, b) => a - b), length];
          let states = edges
            .slice(1)
            .map((end, i) => addInput(createAccumulator(), part(edges[i], end)))
            .map((state) => JSON.parse(JSON.stringify(state)));
          while (states.length > 1) {
            const first = (choices.next().value ?? 0) % states.length;
            const [state] = states.splice(first, 1);
            const second = (choices.next().value ?? 0) % states.length;
            states = states.map((other, i) =>
              i === second ? mergeAccumulators([state, other]) : other,
            );
          }
          expect(extractOutput(states[0])).toEqual(whole);
        },
      ),
      { seed: 3, numRuns: 60 },
    );
  });

  it.each([0.5, 2])("has the same bits for single positions, at temperature %d", (temperature) => {
    const score = (edges: readonly number[]) => {
      let state = createAccumulator();
      for (let i = 1; i < edges.length; i++) {
        state = addInput(state, { ...part(edges[i - 1], edges[i]), temperature });
      }
      return extractOutput(state);
    };
    expect(score(Array.from({ length: length + 1 }, (_, t) => t))).toEqual(score([0, length]));
  });

  it("has states of a few hundred bytes", () => {
    let state = createAccumulator();
    for (let t = 0; t < length; t++) state = addInput(state, part(t, t + 1));
    expect(JSON.stringify(state).length).toBeLessThan(400);
    expect(extractOutput(state)).toEqual(whole);
  });
});

describe("languageScore", () => {
  it("counts weights and leaves out what is ignored", () => {
    const input = {
      logits: [
        [
          [0, 0],
          [0, 0],
          [0, 0],
        ],
      ],
      ids: [[0, 1, -100]],
      shift: true,
      sampleWeight: [[1, 2, 1]],
    };
    const score = extractOutput(addInput(createAccumulator(), input));
    expect(score.tokens).toBe(2);
    expect(score.nats).toBeCloseTo(2 * Math.LN2, 15);
    expect(score.bitsPerByte).toBeNaN();
  });

  it("is NaN for no tokens", () => {
    const score = extractOutput(createAccumulator());
    expect(score).toMatchObject({ tokens: 0, nats: 0, perplexity: Number.NaN });
  });

  it("refuses states and inputs that it does not know", () => {
    const state = createAccumulator();
    expect(() => extractOutput({ ...state, version: 0 })).toThrow(
      "languageScore.extractOutput: state.version must be 1",
    );
    const input = { logits: [[0, 0]], ids: [0] };
    for (const [none, got] of [
      [null, "null"],
      [undefined, "undefined"],
      [3, "3"],
      [[1], "Array(1)"],
    ]) {
      expect(() => addInput(state, none as never)).toThrow(
        `languageScore.addInput: input must be an object { logits, ids }, got ${got}.`,
      );
    }
    expect(() => addInput(state, { ...input, byte: 1 } as never)).toThrow('unknown option "byte"');
    expect(() => addInput(state, { ...input, bytes: -1 })).toThrow(
      "languageScore.addInput: bytes must be a whole number of at least 0, got -1.",
    );
    expect(() => addInput(state, { ...input, ids: [2] })).toThrow(
      "languageScore.addInput: ids 2 at row 0 is out of bounds for 2 classes.",
    );
  });
});
