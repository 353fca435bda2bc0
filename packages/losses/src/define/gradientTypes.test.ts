import type { FloatArray, Tensor } from "@surprisal/core";
import { describe, expect, expectTypeOf, it } from "vitest";
import { crossEntropy, type Gradient, mseLoss, tripletMarginLoss } from "../index.ts";

const floats = Float32Array.of(1, 3);
const tensor = { data: floats, shape: [2] };
const pair = () => ({ data: new Float32Array(2), dims: [2] });
type Pair = ReturnType<typeof pair>;

describe("a gradient that is written to a container", () => {
  it("is that container, if it is of the argument's kind", () => {
    const out = pair();
    const { grad, grads } = mseLoss.valueAndGrad(tensor, 1, { out });
    expectTypeOf(grad).toEqualTypeOf<Pair>();
    expect(grad).toBe(out);
    expectTypeOf<Pair>().toExtend<typeof grads.input>();
    expect(grads.input).toBe(out);
    const ofClasses = crossEntropy.valueAndGrad(tensor, 0, { out });
    expectTypeOf(ofClasses.grad).toEqualTypeOf<Pair>();
    expect(ofClasses.grad).toBe(out);
    const unreduced = mseLoss.valueAndGrad(tensor, 1, { reduction: "none", out });
    expectTypeOf(unreduced.value).toEqualTypeOf<Tensor<typeof floats>>();
    expectTypeOf(unreduced.grad).toEqualTypeOf<Pair>();
    const nested = [0, 0];
    const ofNested = mseLoss.valueAndGrad([1, 3], 1, { out: nested });
    expectTypeOf(ofNested.grad).toEqualTypeOf<number[]>();
    expect(ofNested.grad).toBe(nested);
  });

  it("is in the argument's kind, if that is another one", () => {
    const { grad } = mseLoss.valueAndGrad(floats, 1, { out: pair() });
    expectTypeOf(grad).toEqualTypeOf<typeof floats>();
    expect(grad).toBeInstanceOf(Float32Array);
    const ofTensor = mseLoss.valueAndGrad(tensor, 1, { out: new Float32Array(2) });
    expectTypeOf(ofTensor.grad).toEqualTypeOf<Tensor<typeof floats>>();
    expect(ofTensor.grad.shape).toEqual([2]);
  });
});

describe("gradients that are written to containers by name", () => {
  it("are those containers", () => {
    const out = { input: pair(), target: pair() };
    const { grad, grads } = mseLoss.valueAndGrad(tensor, tensor, { out });
    expectTypeOf(grad).toEqualTypeOf<Pair>();
    expect(grad).toBe(out.input);
    expect(grads.input).toBe(out.input);
    expect(grads.target).toBe(out.target);
    expectTypeOf(grads.input).toEqualTypeOf<number | FloatArray | Pair>();
    const nested = { input: [0, 0], target: [0, 0] };
    const ofNested = mseLoss.valueAndGrad([1, 3], [1, 1], { out: nested });
    expectTypeOf(ofNested.grads.target).toEqualTypeOf<number[]>();
    expect(ofNested.grads.target).toBe(nested.target);
    const single = crossEntropy.valueAndGrad(tensor, 0, { out: { input: out.input } });
    expectTypeOf(single.grad).toEqualTypeOf<Pair>();
    expect(single.grad).toBe(out.input);
  });

  it("may lack some names", () => {
    const negative = pair();
    const { grad, grads } = tripletMarginLoss.valueAndGrad(tensor, floats, tensor, {
      out: { negative },
    });
    expectTypeOf(grad).toEqualTypeOf<Tensor<typeof floats> | Pair>();
    expect(grad).toEqual({ data: expect.any(Float32Array), shape: [2] });
    expectTypeOf(grads.positive).toEqualTypeOf<Gradient>();
    expect(grads.negative).toBe(negative);
  });
});
