import { expect, it } from "vitest";
import { isInPlace } from "./sharing.ts";

const memory = new SharedArrayBuffer(64);
const part = (start: number, end: number) => new Float32Array(memory).subarray(start, end);

it("a result passes through slots if its memory is private, or that of any argument", () => {
  const call = { inputs: [part(0, 4)], shared: [part(4, 8), [1, 2]], outputs: [undefined] };
  expect(isInPlace(call)).toBe(true);
  expect(isInPlace({ ...call, outputs: [part(8, 12)] })).toBe(true);
  expect(isInPlace({ ...call, outputs: [part(0, 4)] })).toBe(false);
  expect(isInPlace({ ...call, outputs: [part(7, 11)] })).toBe(false);
  expect(isInPlace({ ...call, outputs: [new Float32Array(4)] })).toBe(false);
  expect(isInPlace({ ...call, inputs: [new Float32Array(4)] })).toBe(false);
});
