import type { Tensor } from "@surprisal/core";
import { boolean, numeric } from "@surprisal/core/authoring";
import { expect, expectTypeOf, it } from "vitest";
import {
  type ClassLossOptions,
  defineClassLoss,
  defineElementLoss,
  defineLoss,
  type LossOptions,
} from "./defineLoss.ts";

it("types the result like the input", () => {
  const loss = defineLoss({ kind: "class", name: "none", formula: () => () => 0 });
  const logits: Tensor<Float32Array> = { data: new Float32Array(2), shape: [1, 2] };
  expectTypeOf(loss([1, 2], 0)).toEqualTypeOf<number>();
  expectTypeOf(loss(logits, [0])).toEqualTypeOf<number>();
  expectTypeOf(loss(logits, [0], { reduction: "sum" })).toEqualTypeOf<number>();
  expectTypeOf(loss.valueAndGrad(logits, [0]).value).toEqualTypeOf<number>();
  expectTypeOf(loss([[1, 2]], [0], { reduction: "none" })).toEqualTypeOf<number[]>();
  expectTypeOf(loss(logits, [0], { reduction: "none" })).toEqualTypeOf<
    number | Tensor<Float32Array>
  >();
  expectTypeOf(loss.valueAndGrad([[1, 2]], [0]).grad).toEqualTypeOf<number[][]>();
  expectTypeOf(loss.valueAndGrad(logits, [0]).grad).toEqualTypeOf<Tensor<Float32Array>>();
  expectTypeOf(loss.valueAndGrad(new Float64Array(2), 0).grad).toEqualTypeOf<
    Float64Array<ArrayBuffer>
  >();
  // @ts-expect-error a misspelt option
  expect(() => loss([1, 2], 0, { reducton: "sum" })).toThrow(TypeError);
  // @ts-expect-error the upstream gradient is for valueAndGrad
  expect(() => loss([1, 2], 0, { gradOutput: 1 })).toThrow(TypeError);
});

it("passes only the loss's own options to the formula", () => {
  interface ScaledOptions extends ClassLossOptions {
    scale?: number;
  }
  let received: unknown;
  const scaled = defineClassLoss<ScaledOptions>({
    kind: "class",
    name: "scaled",
    options: { scale: numeric(3) },
    formula: (options) => {
      received = options;
      return () => 0;
    },
  });
  scaled([0, 0], 0);
  expect(received).toEqual({ scale: 3 });
  scaled.valueAndGrad([0, 0], 0, { scale: 2, labelSmoothing: 0.1, gradOutput: 2 });
  expect(received).toEqual({ scale: 2 });
});

it("compiles only with a schema for each option, and a type for each schema", () => {
  interface ScaledOptions extends LossOptions {
    scale?: number;
  }
  const options = { scale: numeric(3) };
  const element = { kind: "element", name: "mine" } as const;
  const gradients = { input: () => 1 };
  const formula = ({ scale }: { scale: number }) => ({
    loss: (x: number) => scale * x,
    gradients,
  });
  const constant = () => ({ loss: (x: number) => x, gradients });
  expect(defineLoss<ScaledOptions>({ ...element, options, formula })([1], [0])).toBe(3);
  expect(defineElementLoss<ScaledOptions>({ ...element, options, formula })([1], [0])).toBe(3);
  // @ts-expect-error the formula reads an option without a schema
  expect(() => defineElementLoss<ScaledOptions>({ ...element, formula })([1], [0])).toThrow(
    new TypeError(
      'defineLoss: mine: formula reads the option "scale", which has no schema in options.',
    ),
  );
  // @ts-expect-error in the same way
  defineLoss<ScaledOptions>({ ...element, formula });
  // @ts-expect-error one of two schemas is missing
  defineElementLoss<ScaledOptions & { shift?: number }>({ ...element, options, formula });
  // @ts-expect-error the option has no type, so no call could pass it
  defineElementLoss({ ...element, options, formula: constant });
  const further = { scale: numeric(3), shift: numeric(0) };
  // @ts-expect-error the options without a type are not those of the formula
  defineElementLoss<LossOptions>({ ...element, options: further, formula: constant });
  // @ts-expect-error a schema of another type
  defineElementLoss<ScaledOptions>({ ...element, options: { scale: boolean(true) }, formula });
  const ofClasses = { kind: "class", name: "mine", formula: () => () => 0 } as const;
  expect(defineClassLoss(ofClasses)([0, 0], 0)).toBe(0);
  // @ts-expect-error the option has no type
  defineClassLoss({ ...ofClasses, options });
  // @ts-expect-error the option has no schema
  defineClassLoss<ClassLossOptions & ScaledOptions>(ofClasses);
});

it("names every option in the error for an unknown one, and reads each property once", () => {
  const loss = defineClassLoss<ClassLossOptions & { scale?: number }>({
    kind: "class",
    name: "scaled",
    options: { scale: numeric(3) },
    formula:
      ({ scale }) =>
      () =>
        scale,
  });
  // @ts-expect-error an unknown option
  expect(() => loss([0, 0], 0, { factor: 1 })).toThrow(
    'scaled: unknown option "factor", expected one of reduction, sampleWeight, out, axis, weight, ignoreIndex, labelSmoothing, skipMasked, whenEmpty, scale.',
  );
  let reads = 0;
  const options = {
    get scale() {
      return ++reads;
    },
  };
  expect(loss([0, 0], 0, options)).toBe(1);
  expect(() => loss([0, 0], 0, Object.create({ scale: 5 }) as object)).toThrow(
    "got an object that inherits its properties.",
  );
});
