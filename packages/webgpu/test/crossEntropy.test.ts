import { beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../src/index.ts";
import { sharedGpu } from "./device.ts";
import {
  type AnyLoss,
  argumentsOf,
  elementsOf,
  expectClose,
  type Fixture,
  float32Fixtures,
  optionsOf,
  upstreamOf,
} from "./fixtures.ts";

let gpu: Gpu;

beforeAll(async () => {
  gpu = await sharedGpu();
});

describe("equals PyTorch", () => {
  // Where the losses differ on purpose, here and on the CPU.
  const fixtures = float32Fixtures("crossEntropy").filter(
    ({ note }) => !note.includes("0 · ∞") && !note.includes("0 / 0"),
  );

  it("loss and gradient, with targets of the CPU", async () => {
    expect(fixtures.length).toBeGreaterThan(400);
    await Promise.all(fixtures.map((fixture) => check(fixture, (t) => t)));
  });
});

async function check(fixture: Fixture, place: (target: unknown) => unknown): Promise<void> {
  const [input, target] = argumentsOf(fixture, ({ data, shape, dtype }, i) => {
    if (i === 0) return gpu.tensor(Float32Array.from(data), shape);
    return place({
      data: dtype?.startsWith("float") ? Float64Array.from(data) : Int32Array.from(data),
      shape,
    });
  });
  const options = optionsOf(fixture);
  const label = `${fixture.note}, [${(fixture.input as { shape: number[] }).shape}]`;
  const gradOutput = upstreamOf(fixture);
  const { value, grad } = (gpu.crossEntropy as AnyLoss).valueAndGrad(input, target, {
    ...options,
    gradOutput,
  });
  expectClose(await elementsOf(value), fixture.value, `value of ${label}`);
  expectClose(await elementsOf(grad), fixture.grad, `gradient of ${label}`);
}
