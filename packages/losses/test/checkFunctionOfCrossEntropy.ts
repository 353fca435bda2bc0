import { describe, expect, it } from "vitest";
import { kernelCalls } from "./kernelCalls.ts";
import { type AnyLoss, flat, float64 } from "./tensors.ts";

/** Checks what the losses have that are a function of each row's cross-entropy. */
export function checkFunctionOfCrossEntropy(loss: AnyLoss): void {
  describe("a function of the cross-entropy", () => {
    it("computes class indices by the kernel of the cross-entropy", () => {
      const input = { data: new Float32Array(300).map((_, i) => Math.sin(i)), shape: [30, 10] };
      const target = new Int32Array(30);
      // A registered backend is asked without a gradient only: see `composedCrossEntropyKernel`.
      expect(kernelCalls(() => loss(input, target))).toEqual(["crossEntropy"]);
    });

    it("has the losses of the classes as gradient of their probabilities", () => {
      const input = float64([1, -2, 0.5, 3, 0, 1], [2, 3]);
      const probabilities = float64([0.2, 0.3, 0.5, 0, 1, 0], [2, 3]);
      const { grads } = loss.valueAndGrad(input, probabilities, {
        reduction: "sum",
        differentiate: ["input", "target"],
      });
      for (let j = 0; j < 3; j++) {
        const losses = flat(loss(input, [j, j], { reduction: "none" }));
        expect(flat(grads.target)[j]).toBeCloseTo(losses[0], 14);
        expect(flat(grads.target)[3 + j]).toBeCloseTo(losses[1], 14);
      }
    });
  });
}
