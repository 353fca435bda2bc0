import { sizeOf } from "@surprisal/core/authoring";
import { axisParameters, broadcastStrides, mergeAxes } from "../broadcast.ts";
import type { Call } from "../call.ts";
import { parametersOf } from "../parameters.ts";
import { repeatParameters, repeatSumsKernel } from "../wgsl/repeatSums.ts";
import { workgroupSize } from "../wgsl/variant.ts";

/** Fewer terms than this are added by one thread. */
const enoughTerms = 64;

/** Adds the gradients of every element that is repeated from `own` to `shape`. */
export function sumRepeats(
  call: Call,
  gradients: GPUBuffer,
  shape: readonly number[],
  own: readonly number[],
  output: GPUBuffer,
): void {
  const ownStrides = broadcastStrides(own, shape);
  const strides = broadcastStrides(shape, shape);
  const part = (isRepeated: boolean) => {
    const axes = [...shape.keys()].filter((axis) => (ownStrides[axis] === 0) === isRepeated);
    return mergeAxes(
      axes.map((axis) => shape[axis]),
      [axes.map((axis) => strides[axis])],
    );
  };
  const [kept, repeated] = [part(false), part(true)];
  const count = sizeOf(own);
  if (count === 0) return;
  const terms = sizeOf(shape) / count;
  const group = terms < enoughTerms ? 1 : workgroupSize;
  const ofKept = axisParameters("kept", kept);
  const ofRepeated = axisParameters("repeated", repeated);
  call.dispatch(
    repeatSumsKernel(kept.length, repeated.length, group),
    parametersOf(
      { ...repeatParameters, ...ofKept.types, ...ofRepeated.types },
      { zero: 0, count, terms, ...ofKept.values, ...ofRepeated.values },
    ),
    [gradients, output],
    group === 1 ? Math.ceil(count / workgroupSize) : count,
  );
}
