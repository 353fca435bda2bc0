// The kernels in plain JavaScript: float64 inside, whatever the arrays hold.
import { type Layout, startOf } from "../layout.ts";
import type { Kernels } from "./kernels.ts";
import { inBlocks } from "./perRow.ts";
import { exponentials, indexOfMax, loadRow, storeRow, sumOf, workspace } from "./row.ts";

// No kernel calls another, so each has these arrays to itself.
const make = (size: number) => new Float64Array(size);
const first = /* @__PURE__ */ workspace(make);
const second = /* @__PURE__ */ workspace(make);
const third = /* @__PURE__ */ workspace(make);

export const softmax: Kernels["softmax"] = (x, out, layout, temperature, empty) => {
  const row = first.take(layout.size);
  const exps = second.take(layout.size);
  forEachRow(layout, (start) => {
    loadRow(x, start, layout.inner, row);
    const top = indexOfMax(row);
    if (row[top] === Number.NEGATIVE_INFINITY) row.fill(empty);
    else {
      const total = 1 + exponentials(row, exps, top, temperature);
      for (let j = 0; j < row.length; j++) row[j] = exps[j] / total;
    }
    storeRow(row, out, start, layout.inner);
  });
  first.giveBack(row);
  second.giveBack(exps);
};

export const logSoftmax: Kernels["logSoftmax"] = (x, out, layout, temperature, empty) => {
  const row = first.take(layout.size);
  const exps = second.take(layout.size);
  forEachRow(layout, (start) => {
    loadRow(x, start, layout.inner, row);
    const top = indexOfMax(row);
    if (row[top] === Number.NEGATIVE_INFINITY) row.fill(empty);
    else {
      // (x − max) − log, never x − (max + log): the latter loses the log at large offsets.
      const max = row[top];
      const logTotal = Math.log1p(exponentials(row, exps, top, temperature));
      for (let j = 0; j < row.length; j++) row[j] = (row[j] - max) / temperature - logTotal;
    }
    storeRow(row, out, start, layout.inner);
  });
  first.giveBack(row);
  second.giveBack(exps);
};

export const logSumExp: Kernels["logSumExp"] = (x, out, layout) => {
  const row = first.take(layout.size);
  const exps = second.take(layout.size);
  forEachRow(layout, (start, r) => {
    loadRow(x, start, layout.inner, row);
    const top = indexOfMax(row);
    const max = row.length === 0 ? Number.NEGATIVE_INFINITY : row[top];
    out[r] = Number.isFinite(max) ? max + Math.log1p(exponentials(row, exps, top)) : max;
  });
  first.giveBack(row);
  second.giveBack(exps);
};

export const softmaxBackward: Kernels["softmaxBackward"] = (g, y, out, layout) => {
  const upstream = second.take(layout.size);
  const row = first.take(layout.size);
  const products = third.take(layout.size);
  forEachRow(layout, (start) => {
    loadRow(g, start, layout.inner, upstream);
    loadRow(y, start, layout.inner, row);
    for (let j = 0; j < row.length; j++) products[j] = upstream[j] * row[j];
    const dot = sumOf(products);
    for (let j = 0; j < row.length; j++) row[j] *= upstream[j] - dot;
    storeRow(row, out, start, layout.inner);
  });
  first.giveBack(row);
  second.giveBack(upstream);
  third.giveBack(products);
};

export const logSoftmaxBackward: Kernels["logSoftmaxBackward"] = (g, y, out, layout) => {
  const upstream = second.take(layout.size);
  const row = first.take(layout.size);
  forEachRow(layout, (start) => {
    loadRow(g, start, layout.inner, upstream);
    loadRow(y, start, layout.inner, row);
    const sum = sumOf(upstream);
    for (let j = 0; j < row.length; j++) row[j] = upstream[j] - Math.exp(row[j]) * sum;
    storeRow(row, out, start, layout.inner);
  });
  first.giveBack(row);
  second.giveBack(upstream);
};

export const crossEntropy: Kernels["crossEntropy"] = (x, layout, rows, gradient) => {
  const row = first.take(layout.size);
  const exps = second.take(layout.size);
  inBlocks(layout.outer * layout.inner, rows, (from, count, { index, scales, values }) => {
    for (let i = 0; i < count; i++) {
      const start = startOf(from + i, layout);
      if (index[i] < 0) {
        values[i] = 0;
        exps.fill(0);
      } else {
        loadRow(x, start, layout.inner, row);
        const top = indexOfMax(row);
        const others = exponentials(row, exps, top);
        values[i] = Math.log1p(others) - (row[index[i]] - row[top]);
        if (gradient !== undefined) toGradient(exps, others, index[i], top, scales[i]);
      }
      if (gradient !== undefined) storeRow(exps, gradient, start, layout.inner);
    }
  });
  first.giveBack(row);
  second.giveBack(exps);
};

/** Turns the exponentials of a row into scale · (softmax − one-hot). */
function toGradient(
  exps: Float64Array,
  others: number,
  target: number,
  top: number,
  scale: number,
): void {
  const total = 1 + others;
  const p = exps[target] / total;
  const factor = scale / total;
  for (let j = 0; j < exps.length; j++) exps[j] *= factor;
  // p − 1 would cancel where the target dominates.
  exps[target] = scale * (target === top ? 0 - others / total : p - 1);
}

function forEachRow(
  { outer, size, inner }: Layout,
  visit: (start: number, row: number) => void,
): void {
  for (let o = 0, r = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++, r++) visit(o * size * inner + i, r);
  }
}
