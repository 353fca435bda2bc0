// The laws of losses whose arguments broadcast: a row or an element has a loss of its own.
import { relativeError } from "@surprisal/testing";
import { expect, it } from "vitest";
import { type Call, floatArguments, gradientsOf } from "./calls.ts";
import { type AnyLoss, flat, float64 } from "./tensors.ts";

/** Checks the laws of elements or of rows, for one call. */
export function checkBroadcasting(loss: AnyLoss, call: Call, kind: "element" | "row"): void {
  const { input, rest } = call;
  const options: { axis?: number; sampleWeight?: unknown } = call.options ?? {};
  const args = [input, ...rest];
  const floats = floatArguments(loss, call);
  const names = floats.map(({ name }) => name);
  const losses = loss(...args, { ...options, reduction: "none" });
  const lossShape: readonly number[] = typeof losses === "number" ? [] : losses.shape;

  it("repeats arguments, and adds up the gradients of their repeats", () => {
    const rank = lossShape.length + (kind === "row" ? 1 : 0);
    const { axis = -1, sampleWeight: _, ...others } = options;
    const sum = {
      ...others,
      ...(kind === "row" && { axis: axis < 0 ? axis : axis - rank }),
      reduction: "sum",
    };
    const expected = loss.valueAndGrad(...args, sum);
    const gradients = gradientsOf(expected, names);
    const close = (actual: unknown, wanted: readonly number[]) =>
      expect(relativeError(flat(actual), wanted, 1e-3)).toBeLessThan(1e-12);
    for (const { position, name, tensor } of floats) {
      if (kind === "row" && tensor.shape.length === 0) continue;
      // A new axis before all others, along which the argument is there twice.
      const padding = new Array(rank - tensor.shape.length).fill(1);
      const twice = float64([...tensor.data, ...tensor.data], [2, ...padding, ...tensor.shape]);
      const result = loss.valueAndGrad(...args.with(position, twice), sum);
      close(result.value, [2 * expected.value]);
      for (const [other, gradient] of Object.entries(gradientsOf(result, names))) {
        const single = flat(gradients[other]);
        close(gradient, other === name ? [...single, ...single] : single.map((x) => 2 * x));
      }
    }
  });

  it("divides the weighted sum by the sum of the weights", () => {
    const weights = flat(losses).map((_, i) => (i % 4) + 0.5);
    const sampleWeight = lossShape.length === 0 ? weights[0] : float64(weights, lossShape);
    const sum = loss(...args, { ...options, sampleWeight, reduction: "sum" });
    const mean = loss(...args, { ...options, sampleWeight, reduction: "mean" });
    const total = weights.reduce((a, b) => a + b, 0);
    expect(relativeError([mean], [sum / total], 1e-3)).toBeLessThan(1e-12);
  });

  it("gives a NaN in the input to its own losses alone", () => {
    const data = input.data.slice();
    data[0] = Number.NaN;
    let actual: number[];
    try {
      actual = flat(loss({ ...input, data }, ...rest, { ...options, reduction: "none" }));
    } catch (error) {
      // A loss may refuse NaN. It must say so.
      expect((error as Error).message).toContain("NaN");
      return;
    }
    const size = input.shape[options.axis ?? input.shape.length - 1];
    const isWhole = flat(losses).length * (kind === "row" ? size : 1) === data.length;
    expect(actual[0]).toBeNaN();
    if (isWhole) expect(actual.slice(1)).toEqual(flat(losses).slice(1));
  });
}
