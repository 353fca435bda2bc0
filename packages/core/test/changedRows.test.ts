// A row that another thread changes while a kernel computes it. The results count for nothing then, but nothing else may change.
import { describe, expect, it } from "vitest";
import { losses } from "../src/generated/losses.ts";
import { softmax } from "../src/generated/softmax.ts";
import { kernels } from "../src/index.ts";
import { instantiate, linkExports } from "../src/kernels/wasm/instance.ts";
import type { Exports } from "../src/kernels/wasm/kernelCall.ts";

const size = 300;
const [first, behind] = [1000, 1000 + size];

describe.each(kernels().available.filter((name) => name !== "js"))("kernels %s", (level) => {
  it.each([
    ["softmax", softmax],
    ["the gradient of the cross-entropy", losses],
  ])("%s of a row whose maximum disappears stays in its output", (_, binary) => {
    const instance = instantiate(level);
    const exports = linkExports<Exports>(instance, binary);
    exports.setTemperature?.(1);
    const { staging, stagedProbabilities } = instance;
    staging.fill(0);
    staging[first + 150] = 5;
    const row = staging.byteOffset + 4 * first;
    const max = exports.rowMax(row, size);
    expect(max).toBe(5);
    staging[first + 150] = 1;
    // The maximum is behind the row now, where the search must not find it.
    staging[behind + 700] = max;
    stagedProbabilities.fill(-7);
    const out = stagedProbabilities.byteOffset + 4 * first;
    instance.targets[0] = 3;
    instance.gradScale[0] = 1;
    const sum = exports.sumExpMinusMax(row, out, size, max, true);
    exports.storeRowResult(out, out, size, 0, true, 0, max, sum, 0, 0);
    const isChanged = (value: number) => value !== -7;
    expect(stagedProbabilities.findIndex(isChanged)).toBe(first);
    expect(stagedProbabilities.findLastIndex(isChanged)).toBe(behind - 1);
  });
});
