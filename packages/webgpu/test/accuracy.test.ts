import { float64Reference, gridRows, maxUlp, ulpAt } from "@surprisal/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { type Gpu, onGpu } from "../src/index.ts";
import { sharedGpu } from "./device.ts";
import { elementsOf } from "./fixtures.ts";

/** What the page on the GPU promises, in ulp: at most the CPU's promises and one more. */
const promised = { softmax: 6, logSoftmax: 6, loss: 5, gradient: 6, logSumExp: 5 };

type Found = Record<keyof typeof promised, number>;

let withSubgroups: Gpu;
let without: Gpu;

beforeAll(async () => {
  withSubgroups = await sharedGpu();
  without = await onGpu(withSubgroups.device, { subgroups: false });
});

/** Measures the results for the grid's rows, as one batch, and a few targets. */
async function measure(gpu: Gpu, classes: number, found: Found, every = 1): Promise<void> {
  const grid = gridRows(classes, "float32").filter((_, i) => i % every === 0);
  const shape = [grid.length, classes];
  const data = Float32Array.from(grid.flatMap(({ x }) => Array.from(x)));
  const logits = gpu.tensor(data, shape);
  const targets = grid.map((_, i) => (i * 7 + 1) % classes);
  const none = { reduction: "none" } as const;
  const { value, grad } = gpu.crossEntropy.valueAndGrad(logits, targets, none);
  const read = await Promise.all([
    elementsOf(gpu.softmax(logits)),
    elementsOf(gpu.logSoftmax(logits)),
    elementsOf(gpu.logSumExp(logits)),
    elementsOf(value),
    elementsOf(grad),
  ]);
  grid.forEach(({ name, x }, i) => {
    const reference = float64Reference(x);
    const row = (values: number[]) => values.slice(i * classes, (i + 1) * classes);
    const [softmax, logSoftmax, sums, losses, gradient] = read;
    const note = (what: keyof Found, ulp: number) => {
      found[what] = Math.max(found[what], ulp);
      expect(ulp, `${what} of ${classes} classes, ${name}`).toBeLessThanOrEqual(promised[what]);
    };
    note("softmax", maxUlp(row(softmax), reference.softmax, "float32"));
    note("logSoftmax", maxUlp(row(logSoftmax), reference.logSoftmax, "float32"));
    note("loss", maxUlp([losses[i]], [0 - reference.logSoftmax[targets[i]]], "float32"));
    note("gradient", maxUlp(row(gradient), reference.gradient(targets[i]), "float32"));
    const max = Math.max(...x.filter(Number.isFinite));
    const scale = Math.max(Math.abs(reference.logSumExp), Math.abs(max));
    // A device may take subnormal numbers for 0.
    if (scale >= 2 ** -126)
      note("logSumExp", Math.abs(sums[i] - reference.logSumExp) / ulpAt(scale, "float32"));
  });
}

describe("keeps its promises in ulp on the grid", () => {
  const found: Found = { softmax: 0, logSoftmax: 0, loss: 0, gradient: 0, logSumExp: 0 };

  it.each([1, 3, 10])("%d classes", (classes) => measure(withSubgroups, classes, found), 240_000);

  it(
    "101 classes, whose rows begin anywhere in a vector",
    () => measure(withSubgroups, 101, found),
    240_000,
  );

  it("2501 classes, a workgroup a row, with subgroups and without", async () => {
    await measure(withSubgroups, 2501, found, 3);
    await measure(without, 2501, found, 6);
  }, 240_000);

  it("reports what was found", () => {
    console.info("largest errors in ulp:", found);
    expect(Math.max(...Object.values(found))).toBeGreaterThan(0);
  });
});

it("joins the parts of few long rows", async () => {
  const classes = 16_502;
  const found: Found = { softmax: 0, logSoftmax: 0, loss: 0, gradient: 0, logSumExp: 0 };
  const { x } = gridRows(classes, "float32")[9];
  const reference = float64Reference(x);
  const logits = withSubgroups.tensor(Float32Array.from(x), [1, classes]);
  const { value, grad } = withSubgroups.crossEntropy.valueAndGrad(logits, [5]);
  found.softmax = maxUlp(
    await elementsOf(withSubgroups.softmax(logits)),
    reference.softmax,
    "float32",
  );
  found.loss = maxUlp(await elementsOf(value), [0 - reference.logSoftmax[5]], "float32");
  found.gradient = maxUlp(await elementsOf(grad), reference.gradient(5), "float32");
  expect(found.softmax).toBeLessThanOrEqual(promised.softmax);
  expect(found.loss).toBeLessThanOrEqual(promised.loss);
  expect(found.gradient).toBeLessThanOrEqual(promised.gradient);
}, 240_000);
