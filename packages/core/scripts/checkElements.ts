// The element kernels of both levels against float64: on every float32 about an hour; `checkElements.ts 97`
// tries every 97th, in less than a minute.
import { type ElementName, exact, worstElement } from "../test/worstElement.ts";

const stride = Number(process.argv[2] ?? 1);
for (const name of Object.keys(exact) as ElementName[]) {
  for (const level of ["relaxed", "simd"] as const) {
    const { ulp, x } = worstElement(level, name, stride);
    console.log(`${name}, ${level}: at most ${ulp.toFixed(3)} ulp, at ${x}`);
  }
}
