import { beforeAll, describe, expect, it } from "vitest";
import { type Gpu, onGpu } from "../src/index.ts";
import { requestDevice } from "./device.ts";
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
  gpu = await onGpu(await requestDevice());
});

const names = [
  "mseLoss",
  "l1Loss",
  "smoothL1Loss",
  "huberLoss",
  "binaryCrossEntropyWithLogits",
  "softMarginLoss",
  "poissonNllLoss",
  "klDiv",
  "hingeEmbeddingLoss",
  "logCoshLoss",
] as const;

/** Arguments do not broadcast on the GPU, and the second notes are where the losses differ from PyTorch on purpose. */
const leftOut = ["repeats", "overflows"];

describe("equals PyTorch", () => {
  it.each(names)("%s", async (name) => {
    const fixtures = float32Fixtures(name).filter(
      ({ note }) => !leftOut.some((part) => note.includes(part)),
    );
    expect(fixtures.length).toBeGreaterThan(20);
    await Promise.all(fixtures.map((fixture) => check(gpu[name], fixture)));
  });
});

async function check(loss: AnyLoss, fixture: Fixture): Promise<void> {
  const shapes: number[][] = [];
  const [input, target] = argumentsOf(fixture, ({ data, shape }, place) => {
    shapes.push(shape);
    return place === 0
      ? gpu.tensor(Float32Array.from(data), shape)
      : { data: Float64Array.from(data), shape };
  });
  const label = `${fixture.note}, [${shapes.join("] [")}]`;
  const gradOutput = upstreamOf(fixture);
  const { value, grad } = loss.valueAndGrad(input, target, { ...optionsOf(fixture), gradOutput });
  expectClose(await elementsOf(value), fixture.value, `value of ${label}`);
  expectClose(await elementsOf(grad), fixture.grad, `gradient of ${label}`);
}
