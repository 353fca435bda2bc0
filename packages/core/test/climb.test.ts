import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kernels, useKernels } from "../src/index.ts";
import { climb, operations } from "./climb.ts";
import { promises } from "./promises.ts";

describe.each(kernels().available)("climbing finds no broken promise, kernels %s", (name) => {
  beforeAll(() => void useKernels(name));
  afterAll(() => void useKernels("auto"));

  it.each(Object.keys(operations))("%s", (operation) => {
    const { ulp, row } = climb(operation, 1, 1500);
    const promise = name === "js" ? 1 : promises[operation];
    expect(ulp, `[${row.join(", ")}]`).toBeLessThanOrEqual(promise);
    expect(ulp).toBeGreaterThan(0);
  });
});
