import { expect, it } from "vitest";
import { kernels } from "../src/index.ts";
import { worstExp } from "./worstExp.ts";

it.each(kernels().available.filter((name) => name !== "js"))(
  "the exp kernel of %s is within an ulp on every 1009th negative float32",
  (instructionSet) => {
    const { ulp, count } = worstExp(instructionSet as "relaxed" | "simd", 1009);
    expect(count).toBeGreaterThan(1e6);
    // The maximum over all floats, found by scripts/checkExp.ts, is 0.975 for simd and 0.987 for relaxed.
    expect(ulp).toBeLessThanOrEqual(1);
    expect(ulp).toBeGreaterThan(0.5);
  },
);
