import { expect, test } from "vitest";
import { budgets, sizes } from "./size.ts";

const measured = await sizes();

test.each(Object.entries(budgets))("%s costs at most %d bytes", (name, budget) => {
  const size = measured.find((each) => each.name === name);
  expect(size?.brotli).toBeGreaterThan(500);
  expect(size?.brotli).toBeLessThanOrEqual(budget);
});
