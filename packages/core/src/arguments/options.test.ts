import { expect, it } from "vitest";
import { logSoftmax } from "../functions/logSoftmax/logSoftmax.ts";
import { logSumExp } from "../functions/logSumExp/logSumExp.ts";
import { sigmoid } from "../functions/sigmoid/sigmoid.ts";
import { softmax } from "../functions/softmax/softmax.ts";
import { numberError } from "./errors.ts";
import { integer, numeric, optionsParser, picklist } from "./options.ts";

it("says how an option of another library is called here", () => {
  expect(() => softmax([1, 2], { dim: 0 } as object)).toThrow(
    'softmax: unknown option "dim", it is called "axis" here.',
  );
  expect(() => logSumExp([1, 2], { keepdim: true } as object)).toThrow('"keepDims"');
  expect(() => logSumExp([1, 2], { keepdims: true } as object)).toThrow('"keepDims"');
  expect(() => softmax([1, 2], { when_empty: "zero" } as object)).toThrow('"whenEmpty"');
});

it("lists all options for any other name", () => {
  expect(() => softmax([1, 2], { heat: 2 } as object)).toThrow(
    'softmax: unknown option "heat", expected one of axis, temperature, whenEmpty, out.',
  );
  const parse = optionsParser({ ignoreIndex: integer(0) });
  expect(() => parse("f", { dim: 0 })).toThrow(
    'f: unknown option "dim", expected one of ignoreIndex.',
  );
  expect(() => parse("f", { __proto__: null, constructor: 1 })).toThrow(TypeError);
});

it.each([
  ["mask", softmax, "set masked elements to -Infinity."],
  ["attention_mask", softmax, "set masked elements to -Infinity."],
  ["where", logSoftmax, "set masked elements to -Infinity."],
  ["tau", softmax, 'it is called "temperature" here.'],
  ["temp", softmax, 'it is called "temperature" here.'],
  ["axes", softmax, 'it is called "axis" here.'],
  ["keepDim", logSumExp, 'it is called "keepDims" here.'],
  ["keep_dims", logSumExp, 'it is called "keepDims" here.'],
  ["b", logSumExp, 'it is called "weights" here.'],
  ["where", logSumExp, 'it is called "weights" here.'],
  ["sampleWeight", logSumExp, 'it is called "weights" here.'],
  ["dtype", logSumExp, "expected one of axis, keepDims, weights, out."],
])("advises on the option %s of %o", (name, f, advice) => {
  expect(() => f([1, 2], { [name]: 1 })).toThrow(`${f.name}: unknown option "${name}", ${advice}`);
});

it("knows the other names of a schema, whatever their case, underscores and plural", () => {
  const parse = optionsParser(
    { epsilon: { ...numeric(1), otherNames: /^(eps|smoothing)$/ }, bins: integer(1) },
    [
      [/^depth$/, "bins", "count them"],
      [/^depth$/, "classes", "never"],
    ],
  );
  for (const name of ["eps", "EPS", "smoothing", "smoothings", "smo_othing", "Epsilon"]) {
    expect(() => parse("f", { [name]: 1 })).toThrow('it is called "epsilon" here.');
  }
  for (const name of ["bin", "BINS"]) {
    expect(() => parse("f", { [name]: 1 })).toThrow('it is called "bins" here.');
  }
  expect(() => parse("f", { depth: 1 })).toThrow('f: unknown option "depth", count them.');
  expect(() => parse("f", { ep: 1 })).toThrow("expected one of epsilon, bins.");
});

it("says what an array in the place of the options may have been meant for", () => {
  const x = new Float32Array([1, 2]);
  const write = "softmax: options must be a plain object such as { axis: … } or { out: … }";
  const calls = [
    [softmax, x, `${write}, got Float32Array(2).`],
    [softmax, [0, 1], `${write}, got Array(2).`],
    [softmax, -1, `${write}, got -1.`],
    [softmax, null, `${write}, got null.`],
    [softmax, { data: x, shape: [2] }, `${write}, got an object with "data".`],
    [softmax, { shape: [2], data: x }, `${write}, got an object with "data".`],
    [logSumExp, x, "{ axis: … } or { weights: … } or { out: … }, got Float32Array(2)."],
    [
      sigmoid,
      x,
      "sigmoid: options must be a plain object such as { out: … }, got Float32Array(2).",
    ],
  ] as const;
  for (const [f, options, message] of calls) {
    const call = () => f([1, 2], options as object);
    expect(call).toThrow(TypeError);
    expect(call).toThrow(message);
  }
  expect(optionsParser({ data: numeric(1) })("f", { data: 2 })).toEqual({ data: 2 });
  expect(() => optionsParser({ topK: integer(1) })("f", [1])).toThrow(
    "f: options must be a plain object, got Array(1).",
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
