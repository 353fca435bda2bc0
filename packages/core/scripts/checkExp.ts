// Every negative float32 through the exp kernel of both levels, against float64: about two minutes.
import { worstExp } from "../test/worstExp.ts";

for (const level of ["relaxed", "simd"] as const) {
  const { ulp, x, count } = worstExp(level, 1);
  console.log(`${level}: ${count} floats, at most ${ulp.toFixed(3)} ulp, at ${x}`);
}
