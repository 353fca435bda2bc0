import { expect, it } from "vitest";
import { logSumExp } from "../functions/logSumExp/logSumExp.ts";
import { softmax } from "../functions/softmax/softmax.ts";
import { numberError } from "./errors.ts";
import { integer, optionsParser, picklist } from "./options.ts";

it("says how an option of another library is called here", () => {
  expect(() => softmax([1, 2], { dim: 0 } as object)).toThrow(
    'softmax: unknown option "dim", it is called "axis" here.',
  );
  expect(() => logSumExp([1, 2], { keepdim: true } as object)).toThrow('"keepDims"');
  expect(() => logSumExp([1, 2], { keepdims: true } as object)).toThrow('"keepDims"');
  expect(() => softmax([1, 2], { when_empty: "zero" } as object)).toThrow('"whenEmpty"');
});

it("lists all options for any other name", () => {
  expect(() => softmax([1, 2], { temp: 2 } as object)).toThrow(
    'softmax: unknown option "temp", expected one of axis, temperature, whenEmpty, out.',
  );
  const parse = optionsParser({ ignoreIndex: integer(0) }, ["upstream"]);
  expect(() => parse("f", { dim: 0 })).toThrow(
    'f: unknown option "dim", expected one of ignoreIndex.',
  );
  expect(() => parse("f", { __proto__: null, constructor: 1 })).toThrow(TypeError);
  expect(() => parse("f", { upstream: 1 })).toThrow(
    'f: unknown option "upstream", it is an option of f.valueAndGrad.',
  );
});

it("says whose getter threw, and keeps its error as the cause", () => {
  const cause = new RangeError("gone");
  const options = {
    get temperature(): number {
      throw cause;
    },
  };
  const call = () => softmax([1, 2], options);
  expect(call).toThrow(TypeError);
  expect(call).toThrow("softmax: temperature cannot be read, because its getter threw: gone");
  expect(call).toThrow(expect.objectContaining({ cause }));
});

it("lets an option be one of several numbers and strings", () => {
  const parse = optionsParser({ norm: picklist<1 | 2 | "max">(1, 2, "max") });
  expect(parse("f", {})).toEqual({ norm: 1 });
  expect(parse("f", { norm: "max" })).toEqual({ norm: "max" });
  for (const norm of [3, Number.NaN, "2"]) expect(() => parse("f", { norm })).toThrow(RangeError);
  for (const norm of [true, null, 1n, [1]]) expect(() => parse("f", { norm })).toThrow(TypeError);
  expect(() => parse("f", { norm: 3 })).toThrow('f: norm must be 1 or 2 or "max", got 3.');
});

it("advises only what gives a single value, where a single value is expected", () => {
  const messages = [
    [Promise.resolve(1), "Promise (await it first)."],
    [{ dataSync: () => [2], shape: [] }, "got Object."],
    [{ toNumber: () => 2 }, "Object (pass its toNumber())."],
    [new ArrayBuffer(8), "got ArrayBuffer."],
    [new Set([1]), "got Set."],
    [new Float32Array(1), "got Float32Array(1)."],
    [{ constructor: null, length: 1n }, "got Object."],
  ] as const;
  for (const [value, message] of messages) {
    const calls = [
      () => softmax([1, 2], { temperature: value as never }),
      () => softmax([1, 2], { axis: value as never }),
      () => softmax([1, 2], { whenEmpty: value as never }),
      () => logSumExp([1, 2], { keepDims: value as never }),
    ];
    for (const call of calls) {
      expect(call).toThrow(TypeError);
      expect(call).toThrow(message);
    }
  }
});

it("tells a wrong number from a wrong kind", () => {
  expect(numberError("f: k", "be a whole number", 0.5)).toEqual(
    new RangeError("f: k must be a whole number, got 0.5."),
  );
  expect(numberError("f: k", "be a whole number", "1")).toEqual(
    new TypeError('f: k must be a whole number, got "1".'),
  );
});
