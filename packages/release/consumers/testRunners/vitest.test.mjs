import { expect, test } from "vitest";
import { conformance } from "./conformance.mjs";

test("the packages conform", async () => {
  const { checks } = await conformance();
  expect(checks.length).toBeGreaterThan(9);
  expect(checks.filter(({ error }) => error !== undefined)).toEqual([]);
}, 60_000);
