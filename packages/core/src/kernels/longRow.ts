import { address, type Instance, stageSize } from "./instance.ts";
import type { Exports, Job } from "./job.ts";

/** How many floats of a row are staged at once. */
const pieceSize = stageSize / 4;

/** A row that the staging buffer does not hold: three times through it, piece by piece. */
export function longRow(instance: Instance, kernels: Exports, job: Job, row: number): void {
  const { x, out, layout, rows, empty } = job;
  const { stage, index, scales, values } = instance;
  const { size } = layout;
  const start = row * size;
  const at = address.stage;
  const pass = (
    from: Float32Array,
    to: Float32Array | undefined,
    compute: (count: number, first: number) => void,
  ) => {
    for (let first = 0; first < size; first += pieceSize) {
      const count = Math.min(pieceSize, size - first);
      const place = start + first;
      stage.set(from.subarray(place, place + count));
      compute(count, first);
      to?.set(stage.subarray(0, count), place);
    }
  };

  rows?.load(row, 1, index, scales);
  const logit = x[start + Math.max(0, index[0])];
  let max = Number.NEGATIVE_INFINITY;
  let top = 0;
  pass(x, undefined, (count, first) => {
    const found = kernels.maxOf(at, count);
    if (found > max) {
      max = found;
      top = first;
    }
  });
  const target = out === undefined ? 0 : at;
  let others = 0;
  pass(x, out, (count, first) => {
    others += kernels.add(at, target, count, max, first === top ? at : 0);
  });
  if (out === undefined) kernels.finish(at, 0, 0, 0, 0, max, others, logit, empty);
  else {
    pass(out, out, (count, first) => {
      kernels.finish(at, at, count, first, 0, max, others, logit, empty);
    });
  }
  rows?.store(row, 1, values);
}
