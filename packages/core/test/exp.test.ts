import { expect, it } from "vitest";
import { kernels } from "../src/index.ts";
import { worstExp } from "./worstExp.ts";

it.each(kernels().available.filter((level) => level !== "js"))(
  "the exp kernel of %s is within an ulp on every 1009th negative float32",
  (level) => {
    const { ulp, count } = worstExp(level as "relaxed" | "simd", 1009);
    expect(count).toBeGreaterThan(1e6);
    // On all of them, by scripts/checkExp.ts: 0.975 in plain SIMD, 0.987 in relaxed.
    expect(ulp).toBeLessThanOrEqual(1);
    expect(ulp).toBeGreaterThan(0.5);
  },
);
