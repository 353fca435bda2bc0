import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cases } from "./cases.ts";
import { checkCase } from "./check.ts";
import { checkFault, faultyCases } from "./errors.ts";
import { features } from "./features.ts";

// `pnpm fuzz` searches on, for as long as it may.
describe("random calls, the same in each run", () => {
  const limits = { seed: 13, interruptAfterTimeLimit: 8000 };

  it("leave out no option or container", () => {
    const missing = Object.entries(features).filter(([, isThere]) => !isThere);
    expect(missing.map(([name]) => name)).toEqual([]);
  });

  it("give what the float64 reference gives, in every container and with any out", () => {
    fc.assert(fc.property(cases(), checkCase), { ...limits, numRuns: 600 });
  });

  it("throw an error that names the function if they are wrong, and write nothing", () => {
    fc.assert(fc.property(faultyCases, checkFault), { ...limits, numRuns: 400 });
  });
});
