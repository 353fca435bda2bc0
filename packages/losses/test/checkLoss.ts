import type { FloatInput, Tensor } from "@surprisal/core";
import { magnitude, readFixtures, relativeError } from "@surprisal/testing";
import { describe, expect, it } from "vitest";

interface FixtureTensor {
  shape: number[];
  data: number[];
}

interface Fixture {
  note: string;
  dtype: "float32" | "float64";
  axis?: number;
  input: FixtureTensor;
  target: FixtureTensor;
  options: object;
  /** One number, or one per loss. */
  upstream: number | number[];
  value: FixtureTensor;
  grad: FixtureTensor;
}

/** A loss of any type. */
// biome-ignore lint/suspicious/noExplicitAny: the checks accept losses of all types.
export type AnyLoss = any;

const tolerance = { float64: 1e-12, float32: 2e-6 };
const round = { float64: (value: number) => value, float32: Math.fround };

export const float64 = (
  data: ArrayLike<number>,
  shape: readonly number[],
): Tensor<Float64Array> => ({
  data: Float64Array.from(data),
  shape,
});

/** Returns the numbers of any result, in row-major order. */
export function flat(result: unknown): number[] {
  if (typeof result === "number") return [result];
  if (Array.isArray(result)) return result.flat(Number.POSITIVE_INFINITY) as number[];
  if (ArrayBuffer.isView(result)) return Array.from(result as Float64Array);
  return Array.from((result as Tensor<Float64Array>).data);
}

/**
 * Checks values and gradients against the fixtures, which hold PyTorch's answers to the cases in the
 * loss's folder.
 *
 * @param differences parts of notes: a case whose note holds one is left out, because the loss
 * differs from PyTorch there on purpose.
 */
export function checkFixtures(loss: AnyLoss, url: URL, differences: readonly string[] = []): void {
  const fixtures = readFixtures<Fixture>(url);

  describe("equals PyTorch", () => {
    for (const dtype of ["float64", "float32"] as const) {
      it(dtype, () => {
        const selected = fixtures.filter(
          ({ dtype: type, note }) =>
            type === dtype && !differences.some((difference) => note.includes(difference)),
        );
        expect(selected.length).toBeGreaterThan(50);
        for (const fixture of selected) {
          const label = `${fixture.note}, input [${fixture.input.shape}]`;
          const TypedArray = dtype === "float64" ? Float64Array : Float32Array;
          const tensor = ({ data, shape }: FixtureTensor) => ({
            data: TypedArray.from(data),
            shape,
          });
          const options =
            fixture.axis === undefined
              ? fixture.options
              : { ...fixture.options, axis: fixture.axis };
          const upstream = fixture.upstream;
          const gradOutput =
            typeof upstream === "number" ? upstream : float64(upstream, fixture.value.shape);
          const target = {
            data: Float64Array.from(fixture.target.data),
            shape: fixture.target.shape,
          };
          const { value, grad } = loss.valueAndGrad(tensor(fixture.input), target, {
            ...options,
            gradOutput,
          });
          // A single number is not rounded to the input's element type.
          const rounded =
            typeof value === "number" ? fixture.value.data : fixture.value.data.map(round[dtype]);
          const floor = dtype === "float64" ? 1e-3 : 5e-2;
          const check = (actual: number[], expected: number[], what: string) => {
            const error = relativeError(actual, expected, floor * magnitude(expected));
            expect(error, `${what}: ${label}`).toBeLessThan(tolerance[dtype]);
          };
          check(flat(value), rounded, "value");
          check(flat(grad), fixture.grad.data.map(round[dtype]), "gradient");
          expect(flat(loss(tensor(fixture.input), target, options)), label).toEqual(flat(value));
        }
      });
    }
  });
}

/** The arguments of one call of a loss. The loss must be differentiable at this input. */
export interface Call {
  readonly label: string;
  readonly input: Tensor<Float64Array>;
  readonly rest: readonly unknown[];
  readonly options?: object;
  /** Whether the gradient is not the derivative of the value, but another framework's convention. */
  readonly hasOwnConvention?: boolean;
}

/** Checks the properties that every loss has, for each of these calls. */
export function checkLoss(loss: AnyLoss, calls: readonly Call[]): void {
  describe.each(calls)("$label", ({ input, rest, options = {}, hasOwnConvention }) => {
    const unreduced = { ...options, reduction: "none" };

    it.skipIf(hasOwnConvention)("returns the gradient of its value, by central differences", () => {
      const { grad } = loss.valueAndGrad(input, ...rest, options);
      const step = 1e-5;
      const differences = flat(input).map((_, i) => {
        const valueAt = (change: number) => {
          const data = input.data.slice();
          data[i] += change;
          return loss({ ...input, data }, ...rest, options);
        };
        return (valueAt(step) - valueAt(-step)) / (2 * step);
      });
      expect(relativeError(flat(grad), differences, 1e-2)).toBeLessThan(1e-6);
    });

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
      expect(relativeError(flat(combined), sum, 1e-12)).toBeLessThan(1e-12);
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
      expect(relativeError(flat(weighted.grad), flat(expected.grad), 1e-12)).toBeLessThan(1e-12);
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
      expect([value, ...flat(grad)].every((element) => element === 0)).toBe(true);
      expect(loss(nothing, ...rest, zero)).toBeNaN();
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
      expect(relativeError(flat(fromFloat32.grad), flat(grad), 0.1)).toBeLessThan(1e-5);
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
      expect(out.data.every((value) => value === 7)).toBe(true);
    });

    it("names the function and the value in errors", () => {
      expect(() => loss(input, ...rest, { axes: 1 })).toThrow(
        new RegExp(`^${loss.name}: unknown option "axes"`),
      );
      expect(() => loss("x", ...rest)).toThrow(new RegExp(`^${loss.name}: \\w+ must be .*got "x"`));
      expect(() => loss(input)).toThrow(TypeError);
    });
  });
}

/** Returns a tensor as nested arrays. */
export function toNested({ data, shape }: Tensor): FloatInput {
  if (shape.length === 0) return data[0];
  const stride = data.length / shape[0];
  if (shape.length === 1) return Array.from(data);
  return Array.from({ length: shape[0] }, (_, i) =>
    toNested({ data: data.slice(i * stride, (i + 1) * stride), shape: shape.slice(1) }),
  ) as FloatInput;
}

/** Returns the same tensor with its elements stored in reverse, after three others. */
function reverseStorage({ data, shape }: Tensor<Float64Array>): object {
  const strides = shape.map((_, i) => -shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const reversed = Float64Array.of(8, 8, 8, ...Array.from(data).reverse());
  return { data: reversed, shape, strides, offset: reversed.length - 1 };
}
