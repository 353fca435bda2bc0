import { runInNewContext } from "node:vm";
import * as core from "@surprisal/core";
import { random } from "@surprisal/testing";
import * as losses from "../../src/index.ts";
import { flatten } from "./arrays.ts";

// biome-ignore lint/suspicious/noExplicitAny: a probe may pass what the types of this version refuse.
const { softmax, logSoftmax, logSumExp, logSoftmaxBackward } = core as any;
// biome-ignore lint/suspicious/noExplicitAny: as above.
const { crossEntropy } = losses as any;

const equals = (result: unknown, expected: number[]) =>
  flatten(result).every(
    (value, i) => Math.abs(value - expected[i]) <= 1e-6 * Math.abs(expected[i]),
  );

const accepts = (options: object) => crossEntropy([1, 2], 0, options) >= 0;

/** Runs a probe with every kernel. */
const everywhere = (probe: () => boolean) => {
  const names = core.kernels().available;
  try {
    return names.every((name) => {
      core.useKernels(name);
      return probe();
    });
  } finally {
    core.useKernels("auto");
  }
};

/**
 * What the fuzz covers only if this build has it: each is tried once, and left out where it throws or
 * is wrong. A line is deleted here once the feature may not be missing any more.
 */
const probes = {
  axisList: () =>
    equals(
      softmax(
        [
          [1, 1],
          [1, 1],
        ],
        { axis: [0, 1] },
      ),
      [0.25, 0.25, 0.25, 0.25],
    ),
  logSumExpWeights: () => equals(logSumExp([0, 0], { weights: [1, 2] }), [Math.log(3)]),
  sampleWeight: () => accepts({ sampleWeight: 1 }),
  zLoss: () => accepts({ zLoss: 0.1 }),
  softcap: () => accepts({ softcap: 30 }),
  skipMasked: () => accepts({ skipMasked: true }),
  rows: () => equals(softmax([Float32Array.of(1, 1), Float32Array.of(1, 1)]), [0.5, 0.5, 0.5, 0.5]),
  foreign: () => equals(softmax(runInNewContext("Float32Array.of(1, 1)")), [0.5, 0.5]),
  fortranOrder: () => {
    const data = Float32Array.of(1, 1, 9, 9);
    return equals(logSumExp({ data, shape: [2, 2], fortranOrder: true }, { axis: 0 }), [
      1 + Math.LN2,
      9 + Math.LN2,
    ]);
  },
  smallUpstream: () =>
    everywhere(() => {
      const x = new Float32Array(100);
      const { grad } = crossEntropy.valueAndGrad(x, 0, { gradOutput: 1e-30 });
      return equals([grad[1]], [1e-32]);
    }),
  largeUpstream: () =>
    everywhere(() => {
      const x = new Float32Array(100).fill(-130).fill(0, 0, 1);
      const { grad } = crossEntropy.valueAndGrad(x, 0, { gradOutput: 1e35 });
      return equals([grad[1]], [Math.exp(-130) * 1e35]);
    }),
  backwardOfEmptyRows: () =>
    everywhere(() => {
      const zeros = new Float32Array(100);
      const g = new Float32Array(100).fill(1);
      return logSoftmaxBackward(g, zeros).every((value: number) => value === 0);
    }),
  temperatureOfHugeLogits: () =>
    everywhere(() => {
      const x = new Float32Array(100).fill(-3e38).fill(3e38, 0, 1);
      return equals([logSoftmax(x, { temperature: 16 })[1]], [-3.75e37]);
    }),
  aliasOfTarget: () => {
    const x = new Float32Array(16);
    const target = { data: x.subarray(0, 2), shape: [2] };
    const fresh = crossEntropy.valueAndGrad({ data: x.slice(), shape: [2, 8] }, [0, 0]).grad;
    const out = { data: x, shape: [2, 8] };
    const { grad } = crossEntropy.valueAndGrad({ data: x.slice(), shape: [2, 8] }, target, { out });
    return equals(grad, Array.from(fresh.data));
  },
  bitsOfInputAlone: () =>
    everywhere(() => {
      // Rows that an earlier call has left behind must not matter.
      const r = random(1);
      const x = Float32Array.from({ length: 7 * 17 * 40 }, () => 30 * r.normal());
      const after = (value: number) =>
        Array.from({ length: 40 }, (_, i) => {
          logSoftmax({ data: new Float32Array(16 * 17).fill(value), shape: [16, 17] });
          const data = x.slice(i * 119, (i + 1) * 119);
          return Array.from(logSoftmax({ data, shape: [7, 17] }).data);
        });
      return String(after(0)) === String(after(Number.NaN));
    }),
  emptyOut: () => {
    const out = { data: new Float32Array(0), shape: [2, 0] };
    return equals(softmax(out, { axis: 0, out }).data, []);
  },
} satisfies Record<string, () => boolean>;

export type Feature = keyof typeof probes;

/** Whether this build has each feature. */
export const features = Object.fromEntries(
  Object.entries(probes).map(([name, probe]) => [name, succeeds(probe)]),
) as Record<Feature, boolean>;

function succeeds(probe: () => boolean): boolean {
  try {
    return probe();
  } catch {
    return false;
  }
}
