import assert from "node:assert/strict";
import test from "node:test";
import { conformance } from "./conformance.mjs";

test("the packages conform", async () => {
  const { checks } = await conformance();
  assert.ok(checks.length > 9);
  const failed = checks.filter(({ error }) => error !== undefined);
  assert.deepEqual(failed, []);
});
