import { describe, expect, it } from "vitest";
import { checkArguments } from "./argumentLaws.ts";
import { checkBroadcasting } from "./broadcastLaws.ts";
import type { Call } from "./calls.ts";
import { expectNear } from "./expectNear.ts";
import { expectEachOption, expectEffects, noteOptions } from "./optionLaws.ts";
import { expectIndependentRows, expectSameInBlocks } from "./rowLaws.ts";
import { type AnyLoss, flat, float64, reverseStorage, toNested } from "./tensors.ts";

export type { Call } from "./calls.ts";
export { checkFixtures } from "./checkFixtures.ts";
export { type AnyLoss, flat, float64, toNested } from "./tensors.ts";

/**
 * Checks the properties that every loss has, for each of these calls.
 *
 * @param kind the kind of a loss whose arguments broadcast, for the laws of these.
 */
export function checkLoss(
  loss: AnyLoss,
  calls: readonly Call[],
  { kind }: { readonly kind?: "element" | "row" } = {},
): void {
  describe.each(calls)("$label", (call) => {
    const { input, rest, options = {} } = call;
    const unreduced = { ...options, reduction: "none" };

    checkArguments(loss, call);
    if (kind !== undefined) {
      checkBroadcasting(loss, call, kind);
      it("computes each loss from its own numbers alone", () => {
        expectIndependentRows(loss, call, kind);
      });
      it("computes each of thousands of losses alike", () => {
        expectSameInBlocks(loss, call, kind);
      });
    }

    it('reduces the losses of reduction: "none"', () => {
      const losses = flat(loss(input, ...rest, unreduced));
      const sum = loss(input, ...rest, { ...options, reduction: "sum" });
      expect(sum).toBeCloseTo(
        losses.reduce((total, value) => total + value, 0),
        10,
      );
      const { value } = loss.valueAndGrad(input, ...rest, unreduced);
      expect(flat(value)).toEqual(losses);
      expect(loss.valueAndGrad(input, ...rest, options).value).toBe(loss(input, ...rest, options));
    });

    it("multiplies by the upstream gradient: one for all losses or one per loss", () => {
      const losses = loss(input, ...rest, unreduced);
      const upstream = flat(losses).map((_, i) => 0.5 + i);
      const gradOutput = typeof losses === "number" ? upstream[0] : float64(upstream, losses.shape);
      const { grad: combined } = loss.valueAndGrad(input, ...rest, { ...unreduced, gradOutput });
      const sum = flat(input).map(() => 0);
      upstream.forEach((factor, r) => {
        const oneLoss = upstream.map((_, i) => (i === r ? factor : 0));
        const single = typeof losses === "number" ? factor : float64(oneLoss, losses.shape);
        const { grad } = loss.valueAndGrad(input, ...rest, { ...unreduced, gradOutput: single });
        flat(grad).forEach((value, i) => {
          sum[i] += value;
        });
      });
      const exact = { limit: 1e-12, floor: 1e-12 };
      expectNear(flat(combined), sum, exact, "gradient with one gradOutput per loss");
      const doubled = loss.valueAndGrad(input, ...rest, { ...options, gradOutput: 2 });
      const plain = loss.valueAndGrad(input, ...rest, options);
      expect(flat(doubled.grad)).toEqual(flat(plain.grad).map((value) => 2 * value));
    });

    it("multiplies each loss and its gradient by its sampleWeight", () => {
      const losses = loss(input, ...rest, unreduced);
      const values = flat(losses);
      const shape = typeof losses === "number" ? [] : losses.shape;
      const weights = values.map((_, i) => i % 3);
      const sampleWeight = shape.length === 0 ? 3 : float64(weights, shape);
      const factors = flat(sampleWeight);
      const weighted = loss.valueAndGrad(input, ...rest, { ...unreduced, sampleWeight });
      const gradOutput = sampleWeight;
      const expected = loss.valueAndGrad(input, ...rest, { ...unreduced, gradOutput });
      expect(flat(weighted.value).map((value) => value + 0)).toEqual(
        values.map((value, i) => value * factors[i] + 0),
      );
      const exact = { limit: 1e-12, floor: 1e-12 };
      expectNear(flat(weighted.grad), flat(expected.grad), exact, "gradient with sampleWeight");
      const sum = loss(input, ...rest, { ...options, sampleWeight, reduction: "sum" });
      const total = flat(weighted.value).reduce((a, b) => a + b, 0);
      expect(sum).toBeCloseTo(total, 10);
      const zero = {
        ...options,
        sampleWeight:
          shape.length === 0
            ? 0
            : {
                ...float64(
                  weights.map(() => 0),
                  shape,
                ),
              },
      };
      const nothing = { data: input.data.map(() => Number.NaN), shape: input.shape };
      const { value, grad } = loss.valueAndGrad(nothing, ...rest, { ...zero, reduction: "sum" });
      const ofWeight0 = "of an input of NaN, whose losses all have the sampleWeight 0";
      const zeros = flat(grad).map(() => 0);
      expectNear([value, ...flat(grad)], [0, ...zeros], exact, `sum and gradient ${ofWeight0}`);
      expect(loss(nothing, ...rest, zero), `mean ${ofWeight0}`).toBeNaN();
      const none = { ...unreduced, sampleWeight: -1 };
      expect(() => loss(input, ...rest, none)).toThrow(/sampleWeight/);
    });

    it("returns the same for every container, in that container", () => {
      const { value, grad } = loss.valueAndGrad(input, ...rest, options);
      const nested = toNested(input);
      const fromNested = loss.valueAndGrad(nested, ...rest, options);
      expect(fromNested.value).toBe(value);
      expect(fromNested.grad).toEqual(toNested(grad));
      const fromStrided = loss.valueAndGrad(reverseStorage(input), ...rest, options);
      expect(fromStrided.value).toBe(value);
      expect(fromStrided.grad).toEqual(grad);
      const float32 = { data: Float32Array.from(input.data), shape: input.shape };
      const fromFloat32 = loss.valueAndGrad(float32, ...rest, options);
      expect(fromFloat32.value).toBeCloseTo(value, 5);
      expect(fromFloat32.grad.data).toBeInstanceOf(Float32Array);
      const close = { limit: 1e-5, floor: 0.1 };
      expectNear(flat(fromFloat32.grad), flat(grad), close, "gradient of float32");
    });

    it("writes the gradient to out, even in place, and writes nothing if it throws", () => {
      const { grad } = loss.valueAndGrad(input, ...rest, options);
      const out = { data: new Float64Array(input.data.length).fill(7), shape: input.shape };
      expect(loss.valueAndGrad(input, ...rest, { ...options, out }).grad).toBe(out);
      expect(out.data).toEqual(grad.data);
      const inPlace = { data: input.data.slice(), shape: input.shape };
      loss.valueAndGrad(inPlace, ...rest, { ...options, out: inPlace });
      expect(inPlace.data).toEqual(grad.data);

      out.data.fill(7);
      const badReduction = { ...options, out, reduction: "median" };
      expect(() => loss.valueAndGrad(input, ...rest, badReduction)).toThrow(RangeError);
      expect(() =>
        loss.valueAndGrad(input, ...rest, { ...options, out, gradOutput: [1, 2, 3] }),
      ).toThrow(RangeError);
      const wrongShape = { data: out.data, shape: [...input.shape, 1] };
      expect(() => loss.valueAndGrad(input, ...rest, { ...options, out: wrongShape })).toThrow(
        RangeError,
      );
      const wrongType = { data: new Float32Array(input.data.length), shape: input.shape };
      expect(() => loss.valueAndGrad(input, ...rest, { ...options, out: wrongType })).toThrow(
        TypeError,
      );
      const changed = flat(out).filter((element) => element !== 7);
      expect(changed, "what a call that throws has written to out").toEqual([]);
    });

    it("names the function and the value in errors", () => {
      expect(() => loss(input, ...rest, { axes: 1 })).toThrow(
        new RegExp(`^${loss.name}: unknown option "axes"`),
      );
      expect(() => loss("x", ...rest)).toThrow(new RegExp(`^${loss.name}: \\w+ must be .*got "x"`));
      if (rest.length > 0) expect(() => loss(input)).toThrow(TypeError);
    });
  });

  it("depends on each option of these calls", () => {
    expectEffects(loss, calls);
  });

  noteOptions(
    loss,
    calls.map(({ options }) => options),
  );
  it("has each of its options in a call", () => {
    expectEachOption(loss, calls[0]);
  });
}
