import type { FloatInput, Tensor } from "@surprisal/core";
import { magnitude, readFixtures, relativeError } from "@surprisal/testing";
import { describe, expect, it } from "vitest";

interface Values {
  shape: number[];
  data: number[];
}

interface Case {
  note: string;
  dtype: "float32" | "float64";
  axis?: number;
  input: Values;
  target: Values;
  options: object;
  /** One number, or one per loss. */
  upstream: number | number[];
  value: Values;
  grad: Values;
}

/** A loss of an input and a target, with its types left open. */
// biome-ignore lint/suspicious/noExplicitAny: the checks serve losses of all types.
type AnyLoss = any;

const tolerance = { float64: 1e-12, float32: 2e-6 };
const round = { float64: (value: number) => value, float32: Math.fround };

export const float64 = (
  data: ArrayLike<number>,
  shape: readonly number[],
): Tensor<Float64Array> => ({
  data: Float64Array.from(data),
  shape,
});

/** The numbers of any result, in row-major order. */
export function flat(result: unknown): number[] {
  if (typeof result === "number") return [result];
  if (Array.isArray(result)) return result.flat(Number.POSITIVE_INFINITY) as number[];
  if (ArrayBuffer.isView(result)) return Array.from(result as Float64Array);
  return Array.from((result as Tensor<Float64Array>).data);
}

/**
 * Values and gradients as the fixtures have them: PyTorch's, made by the cases beside the loss.
 * `differences` are parts of the notes of cases where the loss differs on purpose.
 */
export function checkFixtures(loss: AnyLoss, url: URL, differences: readonly string[] = []): void {
  const cases = readFixtures<Case>(url);

  describe("as PyTorch computes it", () => {
    for (const dtype of ["float64", "float32"] as const) {
      it(dtype, () => {
        const own = cases.filter(
          (one) => one.dtype === dtype && !differences.some((note) => one.note.includes(note)),
        );
        expect(own.length).toBeGreaterThan(50);
        for (const one of own) {
          const label = `${one.note}, input [${one.input.shape}]`;
          const type = dtype === "float64" ? Float64Array : Float32Array;
          const tensor = ({ data, shape }: Values) => ({ data: type.from(data), shape });
          const options = one.axis === undefined ? one.options : { ...one.options, axis: one.axis };
          const upstream = one.upstream;
          const gradOutput =
            typeof upstream === "number" ? upstream : float64(upstream, one.value.shape);
          const target = { data: Float64Array.from(one.target.data), shape: one.target.shape };
          const { value, grad } = loss.valueAndGrad(tensor(one.input), target, {
            ...options,
            gradOutput,
          });
          // A number is not rounded to the element type of the input.
          const rounded =
            typeof value === "number" ? one.value.data : one.value.data.map(round[dtype]);
          const floor = dtype === "float64" ? 1e-3 : 5e-2;
          const check = (actual: number[], wanted: number[], what: string) => {
            const error = relativeError(actual, wanted, floor * magnitude(wanted));
            expect(error, `${what}: ${label}`).toBeLessThan(tolerance[dtype]);
          };
          check(flat(value), rounded, "value");
          check(flat(grad), one.grad.data.map(round[dtype]), "gradient");
          expect(flat(loss(tensor(one.input), target, options)), label).toEqual(flat(value));
        }
      });
    }
  });
}

/** One way to call a loss: an input whose gradient exists, and the arguments after it. */
export interface Call {
  readonly label: string;
  readonly input: Tensor<Float64Array>;
  readonly rest: readonly unknown[];
  readonly options?: object;
}

/** The laws of every loss: what the driver promises, for these calls. */
export function checkLoss(loss: AnyLoss, calls: readonly Call[]): void {
  describe.each(calls)("$label", ({ input, rest, options = {} }) => {
    const none = { ...options, reduction: "none" };

    it("has the gradient of its values (central differences)", () => {
      const { grad } = loss.valueAndGrad(input, ...rest, options);
      const step = 1e-5;
      const differences = flat(input).map((_, i) => {
        const at = (offset: number) => {
          const data = input.data.slice();
          data[i] += offset;
          return loss({ ...input, data }, ...rest, options);
        };
        return (at(step) - at(-step)) / (2 * step);
      });
      expect(relativeError(flat(grad), differences, 1e-2)).toBeLessThan(1e-6);
    });

    it("reduces the losses that it gives one by one", () => {
      const each = flat(loss(input, ...rest, none));
      const sum = loss(input, ...rest, { ...options, reduction: "sum" });
      expect(sum).toBeCloseTo(
        each.reduce((total, one) => total + one, 0),
        10,
      );
      const { value } = loss.valueAndGrad(input, ...rest, none);
      expect(flat(value)).toEqual(each);
      expect(loss.valueAndGrad(input, ...rest, options).value).toBe(loss(input, ...rest, options));
    });

    it("multiplies the upstream gradient, one per loss or one for all", () => {
      const each = loss(input, ...rest, none);
      const upstream = flat(each).map((_, i) => 0.5 + i);
      const gradOutput = typeof each === "number" ? upstream[0] : float64(upstream, each.shape);
      const { grad: together } = loss.valueAndGrad(input, ...rest, { ...none, gradOutput });
      const sum = flat(input).map(() => 0);
      upstream.forEach((one, r) => {
        const only = upstream.map((_, i) => (i === r ? one : 0));
        const alone = typeof each === "number" ? one : float64(only, each.shape);
        const { grad } = loss.valueAndGrad(input, ...rest, { ...none, gradOutput: alone });
        flat(grad).forEach((value, i) => {
          sum[i] += value;
        });
      });
      expect(relativeError(flat(together), sum, 1e-12)).toBeLessThan(1e-12);
      const twice = loss.valueAndGrad(input, ...rest, { ...options, gradOutput: 2 });
      const once = loss.valueAndGrad(input, ...rest, options);
      expect(flat(twice.grad)).toEqual(flat(once.grad).map((value) => 2 * value));
    });

    it("gives the same for every container, in that container", () => {
      const { value, grad } = loss.valueAndGrad(input, ...rest, options);
      const nested = nest(input);
      const asNested = loss.valueAndGrad(nested, ...rest, options);
      expect(asNested.value).toBe(value);
      expect(asNested.grad).toEqual(nest(grad));
      const asStrided = loss.valueAndGrad(backwards(input), ...rest, options);
      expect(asStrided.value).toBe(value);
      expect(asStrided.grad).toEqual(grad);
      const single = { data: Float32Array.from(input.data), shape: input.shape };
      const asSingle = loss.valueAndGrad(single, ...rest, options);
      expect(asSingle.value).toBeCloseTo(value, 5);
      expect(asSingle.grad.data).toBeInstanceOf(Float32Array);
      expect(relativeError(flat(asSingle.grad), flat(grad), 0.1)).toBeLessThan(1e-5);
    });

    it("writes the gradient to out, also in place, and nothing on an error", () => {
      const { grad } = loss.valueAndGrad(input, ...rest, options);
      const out = { data: new Float64Array(input.data.length).fill(7), shape: input.shape };
      expect(loss.valueAndGrad(input, ...rest, { ...options, out }).grad).toBe(out);
      expect(out.data).toEqual(grad.data);
      const inPlace = { data: input.data.slice(), shape: input.shape };
      loss.valueAndGrad(inPlace, ...rest, { ...options, out: inPlace });
      expect(inPlace.data).toEqual(grad.data);

      out.data.fill(7);
      const bad = { ...options, out, reduction: "median" };
      expect(() => loss.valueAndGrad(input, ...rest, bad)).toThrow(RangeError);
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

    it("names itself and what it got in errors", () => {
      expect(() => loss(input, ...rest, { axes: 1 })).toThrow(
        new RegExp(`^${loss.name}: unknown option "axes"`),
      );
      expect(() => loss("x", ...rest)).toThrow(new RegExp(`^${loss.name}: \\w+ must be .*got "x"`));
      expect(() => loss(input)).toThrow(TypeError);
    });
  });
}

/** Nested arrays of a tensor. */
export function nest({ data, shape }: Tensor): FloatInput {
  if (shape.length === 0) return data[0];
  const step = data.length / shape[0];
  if (shape.length === 1) return Array.from(data);
  return Array.from({ length: shape[0] }, (_, i) =>
    nest({ data: data.slice(i * step, (i + 1) * step), shape: shape.slice(1) }),
  ) as FloatInput;
}

/** The same elements, stored from the last to the first behind three others. */
function backwards({ data, shape }: Tensor<Float64Array>): object {
  const strides = shape.map((_, i) => -shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const reversed = Float64Array.of(8, 8, 8, ...Array.from(data).reverse());
  return { data: reversed, shape, strides, offset: reversed.length - 1 };
}
