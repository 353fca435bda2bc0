// A loss that is a function of the cross-entropy. Its kernels compute a block in two steps, because the factors of the
// gradients depend on the values of the rows.

import type { KernelArray } from "../../types.ts";
import { forEachBlock, isColumnwise } from "../blocks.ts";
import { rescaleRow } from "../js/rows.ts";
import { shortRowLength, stagedChunkLength, stagingLength, termsChunkLength } from "../limits.ts";
import type { ComposedRowData } from "../rowData.ts";
import { planBlocks } from "./blockPlan.ts";
import { loadBlock, type RunSlabs } from "./forwardBlock.ts";
import { stagedCallCount } from "./instance.ts";
import { longRow } from "./longRow.ts";

/** Returns what computes slabs, and their gradients times the factors of `rowData`. */
export const composedSlabs =
  (rowData: ComposedRowData, gradient: KernelArray): RunSlabs =>
  (run, firstSlab, endSlab) => {
    const { call, instance, kernels, inPlace } = run;
    const { layout, gradientFallback } = call;
    const { staging, stagedProbabilities, gradScale, values } = instance;
    // Where the first step keeps terms of the gradients.
    const terms = stagedProbabilities.byteOffset;
    const { size } = layout;
    if (!inPlace && size > stagingLength) {
      for (let row = firstSlab; row < endSlab; row++) {
        longRow(run, row);
        rescaleRow(gradient, row * size, (row + 1) * size, rowData.gradFactors(1)[0]);
      }
      return;
    }
    const sideBySide = size < shortRowLength || isColumnwise(layout);
    const plan = planBlocks(layout, inPlace, sideBySide ? termsChunkLength : stagedChunkLength);
    const computeTerms = plan.isShort ? kernels.shortRowTerms : kernels.longRowTerms;
    const computeGradients = plan.isShort ? kernels.shortRowGradients : kernels.longRowGradients;
    forEachBlock(layout, firstSlab, endSlab, plan.maxRows, (block) => {
      const { slabs, columns, firstRow } = block;
      const takeFirstStep = () => {
        const place = loadBlock(run, plan, block);
        const { source, count, stride } = place;
        if (plan.columnwise) kernels.stridedRowTerms?.(source, terms, slabs, size, columns, stride);
        else computeTerms?.(source, terms, count, size);
        return place;
      };
      const { target, count, stride } = takeFirstStep();
      const callCount = stagedCallCount();
      rowData.store(firstRow, count, values);
      const factors = rowData.gradFactors(count);
      // Storing may have computed other losses in the same memory.
      if (stagedCallCount() !== callCount) takeFirstStep();
      gradScale.set(factors);
      if (plan.columnwise) {
        kernels.stridedRowGradients?.(terms, target, slabs, size, columns, stride);
      } else computeGradients?.(terms, target, count, size);
      if (!inPlace) plan.store(gradient, staging, layout, block);
      gradientFallback?.store(firstRow, factors);
    });
  };
