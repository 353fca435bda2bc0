import type { FloatInput, Tensor } from "@surprisal/core";
import { describe, expect, expectTypeOf, it } from "vitest";
import { mergePartials, partialGradient, partialSoftmax, tokenLogProbs } from "../src/index.ts";

describe("a result has the type of its out", () => {
  const logits = { data: Float32Array.of(2, 1, 0, 1), shape: [2, 2] };
  const ids = [0, 1];
  const { state } = mergePartials([partialSoftmax(logits, ids)]);

  it("a tensor with further fields", () => {
    const losses = { data: new Float32Array(2), shape: [2], name: "losses" };
    const logProbs = tokenLogProbs(logits, ids, { out: losses });
    expectTypeOf(logProbs).toEqualTypeOf<number | typeof losses>();
    expect(logProbs).toBe(losses);
    const gradient = { data: new Float32Array(4), dims: [2, 2] };
    const written = partialGradient(logits, ids, state, { out: gradient });
    expectTypeOf(written).toEqualTypeOf<typeof gradient>();
    expect(written).toBe(gradient);
  });

  it("a float array for a tensor's result", () => {
    const out = new Float32Array(4);
    const written = partialGradient(logits, ids, state, { out });
    expectTypeOf(written).toEqualTypeOf<Tensor<typeof out>>();
    expect(written.data).toBe(out);
  });

  it("nested arrays", () => {
    const rows = [
      [2, 1],
      [0, 1],
    ];
    const losses: number[] = [0, 0];
    expectTypeOf(tokenLogProbs(rows, ids, { out: losses })).toEqualTypeOf<number[]>();
    expect(tokenLogProbs(rows, ids, { out: losses })).toBe(losses);
    const out = rows.map((row) => [...row]);
    expectTypeOf(partialGradient(rows, ids, state, { out })).toEqualTypeOf<number[][]>();
    expect(partialGradient(rows, ids, state, { out })).toBe(out);
  });

  it("none: a new container of the logits' kind", () => {
    type New = ReturnType<Float32Array["subarray"]>;
    const none = undefined;
    expectTypeOf(tokenLogProbs([[2, 1]], [0])).toEqualTypeOf<number[]>();
    expectTypeOf(tokenLogProbs([[2, 1]], [0], { shift: true })).toEqualTypeOf<number[]>();
    expectTypeOf(tokenLogProbs(Float32Array.of(2, 1), 0, { out: none })).toEqualTypeOf<number>();
    const typed = { data: logits.data.slice() as New, shape: [2, 2] };
    expectTypeOf(partialGradient(typed, ids, state, { out: none })).toEqualTypeOf<Tensor<New>>();
    const unknownContainer = logits as FloatInput;
    expectTypeOf(tokenLogProbs(unknownContainer, ids)).not.toBeNever();
    // @ts-expect-error: an unknown option
    expect(() => tokenLogProbs([[2, 1]], [0], { outs: [0] })).toThrow("unknown option");
  });
});
