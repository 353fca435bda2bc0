import {
  formatShape,
  integer,
  lossOptionNames,
  optionsParser,
  resolveAxis,
  sameShape,
  unknown,
} from "@surprisal/core/authoring";
import { runCall } from "../call.ts";
import type { Context } from "../context.ts";
import { parametersOf } from "../parameters.ts";
import { planRows, readsVectors } from "../rowPlan.ts";
import type { TensorRecord } from "../tensor.ts";
import { backwardKernel, backwardParameters } from "../wgsl/backward.ts";
import { openOutput, readEncoder, readInput } from "./arguments.ts";
import { openRows, toFloats } from "./copies.ts";

const parse = /* @__PURE__ */ optionsParser(
  {
    axis: integer(-1),
    out: unknown<unknown>(),
    encoder: unknown<unknown>(),
  },
  lossOptionNames,
);

/** Computes the gradient of softmax or logSoftmax from its output. */
export function backwardOf(
  functionName: "softmaxBackward" | "logSoftmaxBackward",
  context: Context,
  gradOutput: unknown,
  output: unknown,
  options: unknown,
): TensorRecord {
  const { axis, out, encoder } = parse(functionName, options);
  return runCall(functionName, context, readEncoder(functionName, encoder), (call) => {
    const gradient = toFloats(call, readInput(call, "gradOutput", gradOutput));
    const result = toFloats(call, readInput(call, "output", output));
    if (!sameShape(gradient.shape, result.shape)) {
      throw new RangeError(
        `${functionName}: gradOutput must have the shape of output, ${formatShape(result.shape)}, got ${formatShape(gradient.shape)}.`,
      );
    }
    const classAxis = resolveAxis(functionName, axis, result.shape);
    const opened = openOutput(call, out, result.shape);
    const { layout } = openRows(call, result, classAxis);
    const { rows, classes, inner } = layout;
    const { group, workgroups } = planRows(result, layout, false);
    const vectors = [gradient, result].every((tensor) => readsVectors(tensor, layout));
    const values = {
      zero: 0,
      rows,
      classes,
      inner,
      gradOffset: gradient.offset,
      outputOffset: result.offset,
    };
    call.dispatch(
      backwardKernel({ functionName, group, interleaved: inner > 1, vectors }),
      parametersOf(backwardParameters, values),
      [gradient.gpuBuffer, result.gpuBuffer, opened.gpuBuffer],
      rows === 0 ? 0 : workgroups,
    );
    return opened;
  });
}
