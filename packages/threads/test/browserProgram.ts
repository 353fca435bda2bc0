// The program of the pages in browser.test.ts.
import { allocate, softmax, tensor } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import { threads, useThreads } from "../src/index.ts";

const shape = [1000, 500];
const input = tensor(
  Float32Array.from({ length: 500_000 }, (_, i) => 3 * Math.sin(i)),
  shape,
);
const target = Int32Array.from({ length: 1000 }, (_, i) => i % 500);
const results = () => {
  const x = allocate(shape);
  x.data.set(input.data);
  const { value, grad } = crossEntropy.valueAndGrad(input, target);
  return [softmax(input).data, softmax(x).data, Float64Array.of(value), grad.data];
};

(globalThis as unknown as { check: unknown }).check = async () => {
  const expected = results();
  const report = await useThreads(3);
  let isSame = true;
  for (let i = 0; i < 12; i++) {
    results().forEach((all, j) => {
      isSame &&= all.every((value, k) => Object.is(value, expected[j][k]));
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const before = threads();
  const after = await useThreads(1);
  return { report, isSame, before, after };
};
