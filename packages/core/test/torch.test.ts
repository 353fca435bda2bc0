import { magnitude, readFixtures, relativeError } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import * as core from "../src/index.ts";

interface Values {
  shape: number[];
  data: number[];
}

interface Case {
  op: string;
  dtype: "float32" | "float64";
  axis: number | number[];
  keepDims: boolean;
  note: string;
  input: Values;
  other?: Values;
  upstream?: Values;
  value: Values;
  grad?: Values;
}

const cases = readFixtures<Case>(new URL("torch.json.gz", import.meta.url));

const tolerance = { float64: 1e-12, float32: 2e-6 };

/** Entries smaller than this fraction of the largest are the result of cancellation: their error is relative to that fraction. */
const floor = { float64: 1e-3, float32: 5e-2 };

/** The expected values of the float32 cases are float64 results for float32 inputs. */
const round = { float64: (value: number) => value, float32: Math.fround };

const asTensor = ({ shape, data }: Values, dtype: Case["dtype"]): core.Tensor => ({
  data: dtype === "float32" ? Float32Array.from(data) : Float64Array.from(data),
  shape,
});

const dataOf = (result: number | core.Tensor) =>
  typeof result === "number" ? [result] : result.data;

function compute({ op, axis, keepDims, input, other, dtype }: Case): number | core.Tensor {
  const x = asTensor(input, dtype);
  if (op === "softmax") return core.softmax(x, { axis: axis as number });
  if (op === "log_softmax") return core.logSoftmax(x, { axis: axis as number });
  if (op === "logsumexp") return core.logSumExp(x, { axis, keepDims });
  if (op === "sigmoid") return core.sigmoid(x);
  if (op === "logsigmoid") return core.logSigmoid(x);
  if (op === "softplus") return core.softplus(x);
  if (op === "logaddexp" && other) return core.logAddExp(x, asTensor(other, dtype));
  throw new Error(`unknown op ${op}`);
}

describe("the results equal PyTorch's", () => {
  for (const op of new Set(cases.map(({ op }) => op))) {
    it(op, () => {
      for (const example of cases.filter((candidate) => candidate.op === op)) {
        const label = `${example.dtype} ${example.note} axis ${example.axis} of [${example.input.shape}]`;
        const result = compute(example);
        if (typeof result !== "number") expect(result.shape, label).toEqual(example.value.shape);
        const expected = example.value.data.map(round[example.dtype]);
        const error = relativeError(
          dataOf(result),
          expected,
          floor[example.dtype] * magnitude(expected),
        );
        expect(error, label).toBeLessThan(tolerance[example.dtype]);
      }
    });
  }

  for (const [op, backward] of [
    ["softmax", core.softmaxBackward],
    ["log_softmax", core.logSoftmaxBackward],
  ] as const) {
    it(`the gradient of ${op}`, () => {
      const differentiated = cases.filter((example) => example.op === op && example.grad);
      expect(differentiated.length).toBeGreaterThan(100);
      for (const example of differentiated) {
        const { dtype, axis, note, upstream, grad } = example as Required<Case>;
        const output = compute(example) as core.Tensor;
        const result = backward(asTensor(upstream, dtype), output, { axis: axis as number });
        const error = relativeError(
          dataOf(result as core.Tensor),
          grad.data,
          floor[dtype] * magnitude(upstream.data),
        );
        expect(error, `${dtype} ${note}`).toBeLessThan(tolerance[dtype]);
      }
    });
  }
});
