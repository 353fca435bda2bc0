import * as core from "@surprisal/core";
import { crossEntropy, mseLoss, nllLoss } from "@surprisal/losses";
import { random, relativeError } from "@surprisal/testing";
import { beforeAll, describe, expect, it } from "vitest";
import type { Gpu, GpuTensor } from "../src/index.ts";
import { sharedGpu } from "./device.ts";
import { elementsOf, expectClose, float32Fixtures, optionsOf, upstreamOf } from "./fixtures.ts";

let gpu: Gpu;
let device: GPUDevice;

beforeAll(async () => {
  gpu = await sharedGpu();
  device = gpu.device as GPUDevice;
});

const r = random(19);
const values = (length: number) => Float32Array.from({ length }, () => 3 * r.normal());

async function expectElements(actual: GpuTensor, expected: unknown): Promise<void> {
  const numbers =
    typeof expected === "number" ? [expected] : Array.from((expected as core.Tensor).data);
  expect(relativeError(await elementsOf(actual), numbers, 1e-2)).toBeLessThan(2e-6);
}

describe("equals the functions of the CPU", () => {
  const data = values(2 * 5 * 3);
  const shape = [2, 5, 3];
  const axis = { axis: 1 };

  it("along an axis that is not the last, with a temperature", async () => {
    const input = gpu.tensor(data, shape);
    const cpu = { data, shape };
    const cool = { axis: 1, temperature: 0.37 };
    await expectElements(gpu.softmax(input, cool), core.softmax(cpu, cool));
    await expectElements(gpu.logSoftmax(input, cool), core.logSoftmax(cpu, cool));
    const kept = { axis: 1, keepDims: true };
    const sum = gpu.logSumExp(input, kept);
    expect(sum.shape).toEqual([2, 1, 3]);
    await expectElements(sum, core.logSumExp(cpu, kept));
  });

  it("backward", async () => {
    const gradient = values(data.length);
    for (const name of ["softmaxBackward", "logSoftmaxBackward"] as const) {
      const output = name === "softmaxBackward" ? core.softmax : core.logSoftmax;
      const result = output({ data, shape }, axis) as core.Tensor<Float32Array>;
      const backward = name === "softmaxBackward" ? core.softmaxBackward : core.logSoftmaxBackward;
      const onCpu = backward({ data: gradient, shape }, result, axis);
      const [g, y] = [gpu.tensor(gradient, shape), gpu.tensor(result.data, shape)];
      await expectElements(gpu[name](g, y, axis), onCpu);
    }
  });

  it("nllLoss, as PyTorch", async () => {
    const differences = ["0 · ∞", "0 / 0"];
    const fixtures = float32Fixtures("nllLoss").filter(
      ({ note }) => !differences.some((difference) => note.includes(difference)),
    );
    expect(fixtures.length).toBeGreaterThan(100);
    const checks = fixtures.map(async (fixture) => {
      const [x, t] = [fixture.input, fixture.target] as { data: number[]; shape: number[] }[];
      const options = { ...optionsOf(fixture), gradOutput: upstreamOf(fixture) as number };
      const logProbs = gpu.tensor(Float32Array.from(x.data), x.shape);
      const target = { data: Int32Array.from(t.data), shape: t.shape };
      const { value, grad } = gpu.nllLoss.valueAndGrad(logProbs, target, options);
      expectClose(await elementsOf(value), fixture.value, `value of ${fixture.note}`);
      expectClose(await elementsOf(grad), fixture.grad, `gradient of ${fixture.note}`);
    });
    await Promise.all(checks);
  }, 240_000);
});

it("nllLoss of a row of −∞ is 0 if asked", async () => {
  const inf = Number.POSITIVE_INFINITY;
  const data = Float32Array.of(-inf, -inf, -1, -2, -inf, -1);
  // The rows are along the last axis, and along the first one.
  for (const [shape, axis] of [
    [[3, 2], -1],
    [[2, 3], 0],
  ] as const) {
    for (const reduction of ["none", "sum", "mean"] as const) {
      const options = { whenEmpty: "zero", reduction, axis } as const;
      const cpu = axis === 0 ? Float32Array.of(-inf, -1, -inf, -inf, -2, -1) : data;
      const onCpu = nllLoss.valueAndGrad({ data: cpu, shape }, [0, 0, 0], options);
      const { value, grad } = gpu.nllLoss.valueAndGrad(gpu.tensor(cpu, shape), [0, 0, 0], options);
      expect(await elementsOf(value)).toEqual(
        typeof onCpu.value === "number" ? [onCpu.value] : Array.from(onCpu.value.data),
      );
      await expectElements(grad, onCpu.grad);
    }
  }
});

describe("targets on the GPU", () => {
  const rows = values(12);
  it.each(["int32", "uint32", "float32", "int64"] as const)("%s", async (type) => {
    const logits = gpu.tensor(rows, [4, 3]);
    const target = gpu.tensor([2, 0, 1, 2], undefined, { type });
    const { value, grad } = gpu.crossEntropy.valueAndGrad(logits, target, { ignoreIndex: 1 });
    const onCpu = crossEntropy.valueAndGrad({ data: rows, shape: [4, 3] }, [2, 0, 1, 2], {
      ignoreIndex: 1,
    });
    await expectElements(value, onCpu.value);
    await expectElements(grad, onCpu.grad);
  });

  it("ignore an index that is no 32-bit integer", async () => {
    const logits = gpu.tensor(rows, [4, 3]);
    const onCpu = crossEntropy({ data: rows, shape: [4, 3] }, [2, 0, 5, 5], { ignoreIndex: 5 });
    for (const ignoreIndex of [2 ** 32, -(2 ** 40) - 1]) {
      const target = gpu.tensor([2, 0, ignoreIndex, ignoreIndex], [4], { type: "int64" });
      const loss = gpu.crossEntropy(logits, target, { ignoreIndex });
      await expectElements(loss, onCpu);
    }
    const ignoreIndex = 2 ** 32 - 1;
    const target = gpu.tensor([2, 0, ignoreIndex, ignoreIndex], [4], { type: "uint32" });
    await expectElements(gpu.crossEntropy(logits, target, { ignoreIndex }), onCpu);
    // Floats are whole numbers here, too, and some of them are no 32-bit integers.
    for (const ignoreIndex of [-(2 ** 31), 2 ** 31, 2 ** 40 + 2 ** 20, -(2 ** 50)]) {
      const target = gpu.tensor([2, 0, ignoreIndex, ignoreIndex]);
      await expectElements(gpu.crossEntropy(logits, target, { ignoreIndex }), onCpu);
    }
    // The lower half of this index is a class.
    const large = gpu.tensor([2, 0, 2 ** 32 + 1, 1], [4], { type: "int64" });
    await expect(gpu.crossEntropy(logits, large).read()).rejects.toThrow(/row 2/);
  });

  it("may be negative integers where a loss takes numbers", async () => {
    const input = Float32Array.of(0.5, 0.5, -2, 1, 3, 4);
    const target = [-1, 1, -300, 2 ** 31, -(2 ** 32), -(2 ** 40)];
    const onGpu = gpu.tensor(target, [6], { type: "int64" });
    const options = { reduction: "none" as const };
    const losses = await elementsOf(gpu.mseLoss(gpu.tensor(input), onGpu, options));
    const onCpu = mseLoss(Float64Array.from(input), Float64Array.from(target), options);
    for (const [i, loss] of losses.entries()) expect(loss / onCpu[i]).toBeCloseTo(1, 6);
    const upstream = gpu.tensor([-1, 2], [2], { type: "int64" });
    const scaled = { ...options, gradOutput: upstream };
    const { grad } = gpu.crossEntropy.valueAndGrad(
      gpu.tensor([
        [1, 0],
        [0, 1],
      ]),
      [0, 0],
      scaled,
    );
    const [p] = core.softmax([1, 0]);
    await expectElements(grad, { data: [1 - p, p - 1, 2 * (1 - p) - 2, 2 * p], shape: [2, 2] });
  });

  it("are read at any distances, of any type", async () => {
    const logits = gpu.tensor(rows, [4, 3]);
    const words = gpu.tensor([2, 9, 0, 9, 1, 9, 2, 9], [8], { type: "int64" });
    const target = gpu.tensor(words.buffer, [4], { type: "int64", strides: [2] });
    const halves = gpu.tensor(Uint16Array.of(0x4000, 0, 0x3c00, 0x4000), [4], { type: "float16" });
    const onCpu = crossEntropy({ data: rows, shape: [4, 3] }, [2, 0, 1, 2]);
    for (const indices of [target, halves]) {
      await expectElements(gpu.crossEntropy(logits, indices), onCpu);
    }
    expect(await target.read()).toEqual({ data: Float64Array.of(2, 0, 1, 2), shape: [4] });
  });

  it("that are no classes are reported when the result is read", async () => {
    const logits = gpu.tensor(rows, [4, 3]);
    const target = gpu.tensor([2, 0, 3, 7], undefined, { type: "int32" });
    await expect(gpu.crossEntropy(logits, target).read()).rejects.toThrow(
      new RangeError(
        "crossEntropy: target at row 2 is neither a whole number from 0 to 2 nor ignoreIndex.",
      ),
    );
    const fraction = gpu.tensor([0, 0.5, 0, 0]);
    await expect(gpu.nllLoss(logits, fraction).read()).rejects.toThrow(/row 1/);
  });
});

describe("crossEntropy", () => {
  const data = values(12);
  const shape = [4, 3];
  it("has zLoss, softcap, class weights and sample weights", async () => {
    const logits = gpu.tensor(data, shape);
    for (const options of [
      { zLoss: 0.1 },
      { softcap: 2.5 },
      { softcap: 2.5, zLoss: 0.1, labelSmoothing: 0.2, weight: [1, 0, 3] },
      { sampleWeight: [true, false, true, true], reduction: "sum" as const },
      { sampleWeight: [1, 0, 2, 0.5] },
    ]) {
      const onCpu = crossEntropy.valueAndGrad({ data, shape }, [0, 1, 2, 0], options);
      const { value, grad } = gpu.crossEntropy.valueAndGrad(logits, [0, 1, 2, 0], options);
      await expectElements(value, onCpu.value);
      await expectElements(grad, onCpu.grad);
    }
  }, 240_000);

  it("skips masked classes, and gives 0 for empty rows if asked", async () => {
    const inf = Number.POSITIVE_INFINITY;
    const masked = Float32Array.of(-inf, 1, 0, -inf, -inf, -inf);
    const logits = gpu.tensor(masked, [2, 3]);
    const options = { skipMasked: true, labelSmoothing: 0.1, whenEmpty: "zero" as const };
    const onCpu = crossEntropy.valueAndGrad({ data: masked, shape: [2, 3] }, [1, 1], options);
    const { value, grad } = gpu.crossEntropy.valueAndGrad(logits, [1, 1], options);
    await expectElements(value, onCpu.value);
    await expectElements(grad, onCpu.grad);
    const softmax = await elementsOf(gpu.softmax(logits, { whenEmpty: "zero" }));
    expect(softmax.slice(3)).toEqual([0, 0, 0]);
    expect((await elementsOf(gpu.softmax(logits))).slice(3)).toEqual([NaN, NaN, NaN]);
    await expectElements(gpu.logSumExp(logits), { data: [1.31326169, -inf], shape: [2] });
  });

  it("gives what a fully masked row gives on the CPU, with any label smoothing", async () => {
    const inf = Number.POSITIVE_INFINITY;
    const rows = [
      [-inf, -inf],
      [1, 2],
    ];
    const weights = [undefined, [0, 1]];
    for (const labelSmoothing of [0, 0.5, 1]) {
      for (const weight of weights) {
        const options = { skipMasked: true, labelSmoothing, weight, reduction: "none" } as const;
        const onCpu = crossEntropy(rows, [0, 0], options);
        const losses = await elementsOf(gpu.crossEntropy(gpu.tensor(rows), [0, 0], options));
        expect(losses.map((loss) => Number.isNaN(loss))).toEqual(onCpu.map(Number.isNaN));
      }
    }
  });

  it("keeps the digits of a sure row, and gives NaN for NaN and ∞", async () => {
    const sure = gpu.tensor(Float32Array.of(20, 0, 0, 1e8, 1e8, 0), [2, 3]);
    const losses = await elementsOf(gpu.crossEntropy(sure, [0, 1], { reduction: "none" }));
    expect(relativeError(losses, [4.1223072e-9, Math.LN2], 0)).toBeLessThan(2e-7);
    const odd = gpu.tensor(Float32Array.of(Number.NaN, 0, 1, Infinity, 0, 1), [2, 3]);
    expect(await elementsOf(gpu.logSoftmax(odd))).toEqual(new Array(6).fill(NaN));
    expect(await elementsOf(gpu.logSumExp(odd))).toEqual([NaN, Infinity]);
  });

  it("stays a number where a temperature or a difference of logits is beyond float32", async () => {
    const huge = gpu.tensor(Float32Array.of(3e38, 1e10, 0, -3e38, 3e38, 3e38), [2, 3]);
    const probabilities = await elementsOf(gpu.softmax(huge, { temperature: 0.3 }));
    expect(probabilities).toEqual([1, 0, 0, 0, 0.5, 0.5]);
    const far = gpu.tensor(Float32Array.of(3e38, -3e38), [1, 2]);
    expect(await gpu.crossEntropy(far, [1]).read()).toBe(Infinity);
  });

  it("gives what a row of no classes gives on the CPU, with probabilities too", async () => {
    const none = gpu.empty([2, 0]);
    const options = { reduction: "none" } as const;
    expect(await elementsOf(gpu.crossEntropy(none, none, options))).toEqual([NaN, NaN]);
    const zeros = gpu.crossEntropy(none, none, { ...options, whenEmpty: "zero" });
    expect(await elementsOf(zeros)).toEqual([0, 0]);
  });

  it("does not check the index of a row whose weight on the GPU is 0", async () => {
    const logits = gpu.tensor(data, shape);
    const options = (weights: number[]) => ({ sampleWeight: gpu.tensor(weights) });
    const ids = [0, 7, 2, -100];
    const onCpu = crossEntropy({ data, shape }, ids, { sampleWeight: [1, 0, 2, 1] });
    await expectElements(gpu.crossEntropy(logits, ids, options([1, 0, 2, 1])), onCpu);
    const refused = gpu.crossEntropy(logits, ids, options([1, 1, 2, 1]));
    await expect(refused.read()).rejects.toThrow(/target at row 1 is neither/);
  });

  it("reads float16", async () => {
    const halves = Uint16Array.of(0x4000, 0x3c00, 0x0000, 0x0000, 0x3c00, 0x4000); // 2 1 0, 0 1 2
    const logits = gpu.tensor(halves, [2, 3], { type: "float16" });
    expect(await logits.read()).toEqual({ data: Float32Array.of(2, 1, 0, 0, 1, 2), shape: [2, 3] });
    expect(await gpu.crossEntropy(logits, [0, 2]).read()).toBeCloseTo(0.40760596, 6);
  });
});

describe("tokens", () => {
  const [length, vocabulary] = [4, 6];
  const data = values(2 * length * vocabulary);
  const ids = [
    [5, 1, 0, 2],
    [3, 3, -100, 4],
  ];
  it("have log-probabilities, shifted or not", async () => {
    const logits = gpu.tensor(data, [2, length, vocabulary]);
    const logProbs = Array.from(
      (core.logSoftmax({ data, shape: [2 * length, vocabulary] }) as core.Tensor).data,
    );
    const score = (position: number, id: number) =>
      id < 0 ? 0 : logProbs[position * vocabulary + id];
    const plain = ids.flat().map((id, i) => score(i, id));
    await expectElements(gpu.tokenLogProbs(logits, ids), { data: plain, shape: [] });
    const shifted = gpu.tokenLogProbs(logits, ids, { shift: true });
    expect(shifted.shape).toEqual([2, length - 1]);
    const next = ids.flatMap((row, b) => row.slice(1).map((id, t) => score(b * length + t, id)));
    await expectElements(shifted, { data: next, shape: [] });
  });

  it("have an entropy", async () => {
    const logits = gpu.tensor(Float32Array.of(0, 0, 0, 0, 9, 0, 0, 0, 0, -Infinity, 0, 0), [3, 4]);
    const entropies = await elementsOf(gpu.tokenEntropy(logits));
    // log Σ exp(x) + Σ p · (max − x), of one logit of 9 beside three of 0.
    const others = 3 * Math.exp(-9);
    const sure = Math.log1p(others) + (9 * others) / (1 + others);
    expect(relativeError(entropies, [Math.log(4), sure, Math.log(3)], 0)).toBeLessThan(3e-7);
  });
});

it("chains calls in the caller's encoder, into the caller's tensors", async () => {
  const encoder = device.createCommandEncoder();
  const logits = gpu.tensor(values(20), [4, 5]);
  const logProbs = gpu.empty([4, 5]);
  gpu.logSoftmax(logits, { encoder, out: logProbs });
  const loss = gpu.nllLoss(logProbs, [0, 1, 2, 3], { encoder });
  device.queue.submit([encoder.finish()]);
  const direct = await gpu.crossEntropy(logits, [0, 1, 2, 3]).read();
  expect(await loss.read()).toBeCloseTo(direct, 5);
});

it("computes more rows than workgroups fit one axis", async () => {
  const rows = 70_000;
  const logits = gpu.tensor(new Float32Array(rows * 17), [rows, 17]);
  const losses = await elementsOf(gpu.logSumExp(logits));
  expect(new Set(losses)).toEqual(new Set([Math.fround(Math.log(17))]));
  const target = new Uint8Array(rows);
  expect(await gpu.nllLoss(logits, target).read()).toBe(0);
}, 240_000);

it("copies rows that are not at equal distances, and float16 where a kernel reads float32", async () => {
  const data = values(24);
  const { buffer } = gpu.tensor(data);
  // Three rows of each of two texts, four apart.
  const strides = [12, 4, 1];
  const input = gpu.tensor(buffer, [2, 2, 3], { strides });
  const rows = [0, 4, 12, 16].flatMap((start) => Array.from(data.subarray(start, start + 3)));
  const onCpu = { data: Float32Array.from(rows), shape: [2, 2, 3] };
  await expectElements(gpu.logSoftmax(input), core.logSoftmax(onCpu));
  const target = [
    [0, 1],
    [2, 0],
  ];
  await expectElements(gpu.crossEntropy(input, target), crossEntropy(onCpu, target));
  const halves = gpu.tensor(Uint16Array.of(0xc000, 0xbc00), [1, 2], { type: "float16" });
  expect(await gpu.nllLoss(halves, [0]).read()).toBe(2);
  const y = gpu.softmax(halves);
  const expected = core.softmaxBackward(
    { data: Float32Array.of(-2, -1), shape: [1, 2] },
    core.softmax({ data: Float32Array.of(-2, -1), shape: [1, 2] }) as core.Tensor<Float32Array>,
  );
  await expectElements(gpu.softmaxBackward(halves, y), expected);
});
