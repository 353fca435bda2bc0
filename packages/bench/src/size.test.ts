import { expect, test } from "vitest";
import { budgets, measureSizes } from "./size.ts";

const measured = await measureSizes();

test.each(Object.entries(budgets))("%s costs at most %d bytes", (name, budget) => {
  const size = measured.find((each) => each.name === name);
  expect(size?.brotli).toBeGreaterThan(500);
  expect(size?.brotli).toBeLessThanOrEqual(budget);
});
