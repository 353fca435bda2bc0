import { registeredBackend } from "./backend.ts";
import * as js from "./js/gemm.ts";
import type { Matrix, TransposedFactor } from "./matrices.ts";
import * as wasm from "./wasm/gemm.ts";

/** Below this many multiplications, a call into WebAssembly costs more than it saves. */
const minProducts = 4096;

/**
 * Adds A · B to C, or Aᵀ · B, or A · Bᵀ: BLAS's `gemm` with α = β = 1.
 *
 * Float32 is computed by a registered backend or by the compiled kernels, in float32; float64 in JavaScript. The compiled
 * kernels use only their own memory, however large the matrices are.
 *
 * @param transposed the factor whose transpose is multiplied: A is then stored as k × m, B as n × k.
 */
export function gemmKernel(
  a: Matrix,
  b: Matrix,
  c: Matrix,
  transposed: TransposedFactor = undefined,
): void {
  const depth = transposed === "b" ? b.columns : b.rows;
  const isSmall = c.rows * c.columns * depth < minProducts;
  registeredBackend()?.gemm?.(a, b, c, transposed) ||
    (!isSmall && wasm.compiledGemmKernel(a, b, c, transposed)) ||
    js.gemm(a, b, c, transposed);
}
