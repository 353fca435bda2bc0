import { logSoftmax, logSumExp, softmax, type Tensor } from "@surprisal/core";
import { relativeError } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  argumentsOf,
  expectClose,
  type Fixture,
  float32Fixtures,
  optionsOf,
  upstreamOf,
} from "../fixtures.ts";
import type { PageArray, PageCall } from "./calls.ts";
import { type ModulePage, openPage } from "./openPage.ts";

let browser: ModulePage;

beforeAll(async () => {
  browser = await openPage("./calls.ts");
});

afterAll(() => browser?.close());

const run = (calls: readonly PageCall[]) => browser.call<number[][][]>("run", calls);

/** Notes of cases where losses differ from PyTorch on purpose, and of arguments that broadcast. */
const leftOut = ["0 · ∞", "0 / 0", "repeats", "overflows"];

const others = [
  "mseLoss",
  "l1Loss",
  "smoothL1Loss",
  "huberLoss",
  "softMarginLoss",
  "poissonNllLoss",
  "klDiv",
  "hingeEmbeddingLoss",
  "logCoshLoss",
];

// SwiftShader compiles a kernel in half a second of a core, and each combination of options is one. Node's tests
// run all cases; here SURPRISAL_EVERY_CASE=1 does.
const everyCase = process.env.SURPRISAL_EVERY_CASE === "1";

describe("equals PyTorch in Chromium", () => {
  it.each([
    { name: "crossEntropy", step: 45 },
    { name: "nllLoss", step: 9 },
    { name: "binaryCrossEntropyWithLogits", step: 4 },
    ...(everyCase ? others.map((name) => ({ name, step: 1 })) : []),
  ])("$name", async ({ name, step }) => {
    const fixtures = float32Fixtures(name)
      .filter(({ note }) => !leftOut.some((part) => note.includes(part)))
      .filter((_, i) => everyCase || i % step === 0);
    expect(fixtures.length).toBeGreaterThan(5);
    const results = await run(fixtures.map((fixture) => callOf(name, fixture)));
    fixtures.forEach((fixture, i) => {
      const [value, grad] = results[i];
      expectClose(value, fixture.value, `value of ${fixture.note}`);
      expectClose(grad, fixture.grad, `gradient of ${fixture.note}`);
    });
  });
});

function callOf(name: string, fixture: Fixture): PageCall {
  const args = argumentsOf(fixture, ({ data, shape, dtype }, i): PageArray => {
    const isInteger = dtype !== undefined && !dtype.startsWith("float");
    return { data, shape, place: i === 0 ? "gpu" : isInteger ? "int32" : "float64" };
  }) as PageArray[];
  const options = { ...optionsOf(fixture), gradOutput: upstreamOf(fixture) };
  return { name, args, options, withGradient: true };
}

it("gives the answers of the CPU for sure, masked and empty rows, NaN and ∞", async () => {
  const inf = Number.POSITIVE_INFINITY;
  const rows = [
    [20, 0, 0],
    [1e8, 1e8, 0],
    [-inf, 1, 0],
    [-inf, -inf, -inf],
    [NaN, 0, 1],
    [inf, 0, 1],
    [3e38, -3e38, 0],
    [1e-40, 0, -1e-40],
  ];
  const data = Float32Array.from(rows.flat());
  const shape = [rows.length, 3];
  const arg: PageArray = { data: rows.flat(), shape, place: "gpu" };
  const functions = { softmax, logSoftmax, logSumExp };
  const results = await run(
    Object.keys(functions).map((name) => ({
      name,
      args: [arg],
      options: {},
      withGradient: false,
    })),
  );
  Object.entries(functions).forEach(([name, onCpu], i) => {
    const expected = onCpu({ data, shape }) as Tensor;
    expect(relativeError(results[i][0], expected.data, 1e-30), name).toBeLessThan(1e-6);
  });
});

it("names a buffer of another device", async () => {
  const messages = await browser.call<string[]>("readForeign");
  expect(messages).toHaveLength(2);
  for (const message of messages) {
    expect(message).toMatch(/^GpuError: tensor: the buffer cannot be used on this device/);
  }
});
