import { beforeAll, describe, expect, it } from "vitest";
import type { Gpu, GpuTensor } from "../src/index.ts";
import { sharedGpu } from "./device.ts";
import { type AnyLoss, elementsOf } from "./fixtures.ts";

let gpu: Gpu;

beforeAll(async () => {
  gpu = await sharedGpu();
});

const sine = (shape: readonly number[], phase: number) =>
  gpu.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + phase)),
    shape,
  );

describe("out receives each gradient", () => {
  it.each([
    ["crossEntropy", () => [sine([2, 3], 0), [1, 2]], {}],
    ["nllLoss", () => [sine([2, 3], 0), [1, 2]], {}],
    ["mseLoss", () => [sine([2, 3], 0), sine([3], 1)], {}],
    [
      "linearCrossEntropy",
      () => [sine([2, 3], 0), sine([4, 3], 1), [1, 3]],
      { bias: [1, 0, 2, 0] },
    ],
  ] as [string, () => unknown[], object][])("of %s", async (name, makeArgs, options) => {
    const loss = (gpu as AnyLoss)[name];
    const args = makeArgs();
    const expected = loss.valueAndGrad(...args, options);
    const grads = expected.grads ?? { input: expected.grad };
    const out: Record<string, GpuTensor> = Object.fromEntries(
      Object.entries(grads).map(([argument, { shape }]: AnyLoss) => [argument, gpu.empty(shape)]),
    );
    const { grad, grads: written = { input: grad } } = loss.valueAndGrad(...args, {
      ...options,
      out,
    });
    expect(Object.keys(written)).toEqual(Object.keys(out));
    for (const [argument, tensor] of Object.entries(out)) {
      expect(written[argument].buffer).toBe(tensor.buffer);
      expect(await elementsOf(tensor)).toEqual(await elementsOf(grads[argument]));
    }
    // The others are new tensors.
    const alone = gpu.empty(grads.input.shape);
    expect(loss.valueAndGrad(...args, { ...options, out: alone }).grad.buffer).toBe(alone.buffer);
  });

  it("once it has been checked", () => {
    const [x, t] = [sine([3], 0), sine([3], 1)];
    const call = (out: unknown, more = {}) => {
      return () => (gpu.mseLoss as AnyLoss).valueAndGrad(x, t, { out, ...more });
    };
    const free = gpu.empty([3]);
    expect(call({ input: free, weight: free })).toThrow(
      'mseLoss.valueAndGrad: out holds "weight", expected names from input, target.',
    );
    expect(call({ target: free }, { differentiate: ["input"] })).toThrow(
      "mseLoss.valueAndGrad: out holds target, whose gradient is not computed.",
    );
    expect(call({ input: free, target: free })).toThrow(
      "mseLoss.valueAndGrad: out.input and out.target must not overlap in memory.",
    );
    expect(call({ target: gpu.empty([4]) })).toThrow(
      "mseLoss.valueAndGrad: out.target must have shape [3], got [4].",
    );
    expect(call({ input: [1, 2, 3] })).toThrow(
      "mseLoss.valueAndGrad: out.input must be a tensor of the GPU",
    );
    expect(call([1, 2, 3])).toThrow("mseLoss.valueAndGrad: out must be a tensor of the GPU");
  });
});
