import { expect, it } from "vitest";
import { logSumExp } from "../functions/logSumExp/logSumExp.ts";
import { softmax } from "../functions/softmax/softmax.ts";
import { integer, optionsParser } from "./options.ts";

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
