import { tensor } from "@surprisal/core";
import { type RowData, registeredBackend } from "@surprisal/core/authoring";
import * as losses from "@surprisal/losses";
import { composedLossNamed, version } from "@surprisal/losses/threads";
import { random } from "@surprisal/testing";
import { afterEach, describe, expect, it } from "vitest";
import {
  type AnyLoss,
  giveWorkersTheirShare,
  isSame,
  memories,
  shared,
  useWorkers,
  weightsOf,
} from "./lossCalls.ts";

giveWorkersTheirShare();

const composedLosses = [
  "focalLoss",
  "generalizedCrossEntropy",
  "polyLoss",
  "symmetricCrossEntropy",
];

/** The losses of classes that are computed by their formula, at least for some targets. */
const formulaLosses = [...composedLosses, "multiMarginLoss", "sparsemaxLoss"];

describe.each(formulaLosses)("%s has the same bits on several threads", (name) => {
  const loss = (losses as unknown as Record<string, AnyLoss>)[name];
  const otherOptions: Record<string, object> = {
    focalLoss: { gamma: 0.5 },
    generalizedCrossEntropy: { q: 0.3 },
    multiMarginLoss: { p: 2, margin: 0.5 },
    polyLoss: { epsilon: -0.4 },
    symmetricCrossEntropy: { alpha: 0.1, logZero: -6 },
  };

  afterEach(() => useWorkers(0));

  const smoothing = { labelSmoothing: 0.1 };
  const weight = Array.from({ length: 10 }, (_, j) => j % 3);
  const soft = { hasProbabilities: true };

  it.each<[string, number[], { hasProbabilities?: boolean; [option: string]: unknown }]>([
    ["short rows", [30_003, 10], otherOptions[name] ?? {}],
    ["long rows", [301, 1000], { sampleWeight: tensor(new Float32Array(301).fill(3), [301]) }],
    ["few rows", [3, 131_073], {}],
    ["columns", [3, 21, 5003], { axis: 1, reduction: "none" }],
    ["class weights", [30_003, 10], { weight }],
    ["label smoothing", [10_007, 27], { ...smoothing, ...otherOptions[name] }],
    ["smoothed weights", [30_003, 10], { ...smoothing, weight, sampleWeight: weightsOf(30_003) }],
    ["class probabilities", [30_003, 10], { ...soft, reduction: "none" }],
    ["probabilities of columns", [6, 10, 5003], { ...soft, weight, axis: 1 }],
    ["masked classes", [30_003, 10], { ...soft, ...smoothing, skipMasked: true }],
    ["upstream gradients beyond the kernels' range", [30_003, 10], { gradOutput: 1e-30 }],
  ])("%s", async (_, shape, { hasProbabilities, ...options }) => {
    const rows = shape.filter((_, axis) => axis !== ("axis" in options ? 1 : shape.length - 1));
    const [length, rowCount] = [shape, rows].map((sizes) => sizes.reduce((a, b) => a * b));
    const classes = length / rowCount;
    const indices = { data: new Int32Array(rowCount), shape: rows };
    for (let i = 0; i < rowCount; i++) indices.data[i] = i % 7 === 0 ? -100 : i % classes;
    const logitsOf = (kind: string) => {
      const r = random(length);
      const logits = memories[kind](length);
      for (let k = 0; k < length; k++) logits[k] = 8 * r.uniform() - 4;
      if ("skipMasked" in options) for (let k = 1; k < length; k += 11) logits[k] = -Infinity;
      return logits;
    };
    const probabilities = tensor(weightsOf(length), shape);
    const target = hasProbabilities ? probabilities : indices;
    const { gradOutput: _gradOutput, ...valueOptions } = options;
    const lossOf = (logits: Float32Array) => loss(tensor(logits, shape), target, valueOptions);
    const inPlace = (kind: string) => {
      const logits = logitsOf(kind);
      const out = tensor(logits, shape);
      const { value } = loss.valueAndGrad(out, target, { ...options, out });
      return { value, gradient: Float32Array.from(logits) };
    };
    const expectedValue = lossOf(logitsOf("ordinary"));
    const expected = inPlace("ordinary");
    await useWorkers(2);
    for (const kind of Object.keys(memories)) {
      const logits = logitsOf(kind);
      await shared(
        () => lossOf(logits),
        (value) => expect(isSame({ value }, { value: expectedValue })).toBe(true),
      );
      await shared(
        () => inPlace(kind),
        (actual) => expect(isSame(actual, expected)).toBe(true),
      );
    }
  });
});

it.each(composedLosses)(
  "%s has the same bits before its losses are rounded to float32",
  async (name) => {
    const options = { gamma: 2, q: 0.7, epsilon: 1, alpha: 1, beta: 1, logZero: -4 };
    const layout = { outer: 30_003, size: 10, inner: 1 };
    const x = Float32Array.from({ length: 300_030 }, (_, i) => 4 * Math.sin(i));
    const kernel = composedLossNamed(name, options, layout.outer);
    const call = (compute: (rows: RowData) => unknown) => {
      const values = new Float64Array(layout.outer);
      const isComputed = compute({
        load: (_, count, targets) => void targets.fill(3, 0, count),
        store: (first, count, losses) => values.set(losses.subarray(0, count), first),
      });
      return { values, isComputed };
    };
    const expected = call((rows) => kernel(x, layout, rows, undefined));
    await useWorkers(2);
    const backend = registeredBackend();
    const rest = { loss: { name, version, options }, total: layout.outer, gradient: undefined };
    await shared(
      () => call((rows) => backend?.composedCrossEntropy?.({ ...rest, x, layout, rows, kernel })),
      ({ isComputed, values }) => {
        expect(isComputed).toBe(true);
        expect(isSame(values, expected.values)).toBe(true);
      },
    );
    await useWorkers(0);
  },
);
