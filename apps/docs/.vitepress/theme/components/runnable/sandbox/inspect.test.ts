import { softmax, tensor } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import { expect, test } from "vitest";
import { inspect, inspectAll } from "./inspect.ts";

test("a number has all its digits, an element of an array has six", () => {
  expect(inspect(0.1 + 0.2)).toBe("0.30000000000000004");
  expect(inspect(-0)).toBe("-0");
  expect(inspect([0.1 + 0.2, -0, Number.NaN, 1e-20 / 3, 12345678])).toBe(
    "[0.3, -0, NaN, 3.33333e-21, 12345678]",
  );
});

test("rows of numbers are aligned in columns", () => {
  expect(
    inspect([
      [1, 20],
      [-300, 4],
    ]),
  ).toBe("[\n  [   1, 20],\n  [-300,  4]\n]");
  expect(inspect([[1, 2]])).toBe("[[1, 2]]");
});

test("containers are shown with their type", () => {
  expect(inspect(new Float32Array([1, 0.5]))).toBe("Float32Array [1, 0.5]");
  expect(inspect(tensor(new Float32Array([1, 2, 3, 4]), [2, 2]))).toBe(
    "Tensor Float32Array [2, 2]\n[\n  [1, 2],\n  [3, 4]\n]",
  );
  expect(inspect({ data: new BigInt64Array([1n]), dims: [1] })).toBe(
    "{ data: BigInt64Array [1n], dims: [1] }",
  );
  expect(inspect(new Map([["a", 1]]))).toBe("Map { a: 1 }");
  expect(inspect(new Set([1, "b"]))).toBe('Set [1, "b"]');
  expect(inspect({})).toBe("{}");
  expect(inspect([])).toBe("[]");
  expect(inspect(softmax)).toBe("ƒ softmax");
  expect(inspect([undefined, null, true, 2n])).toBe("[undefined, null, true, 2n]");
  expect(inspect(new RangeError("no"))).toBe("RangeError: no");
});

test("a short result of a loss is on one line", () => {
  const result = crossEntropy.valueAndGrad([0, 0], 0);
  expect(inspect(result)).toBe("{ value: 0.693147, grad: [-0.5, 0.5] }");
});

test("long, deep and circular values are truncated", () => {
  expect(inspect(new Array(1000).fill(0))).toMatch(/… 960 more\n\]$/);
  const tall = inspect(tensor(new Float32Array(1_000_000), [1000, 1000]));
  expect(tall.length).toBeLessThan(20_000);
  expect(inspect([[[[[[[[1]]]]]]]])).toContain("[…]");
  const circle: unknown[] = [];
  circle.push(circle);
  expect(inspect(circle)).toBe("[(circular)]");
});

test("console.log prints strings without quotes", () => {
  expect(inspectAll(["loss:", 0.5, ["a"]])).toBe('loss: 0.5 ["a"]');
  expect(inspectAll([])).toBe("");
});
