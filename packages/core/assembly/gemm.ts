// The entry of the module of matrix products: C += A · B for row-major matrices of floats.
//
// Addresses and strides are in bytes. Matrices are padded with zeros to whole tiles, so there are no borders.
import { maddF32 } from "./arithmetic";

/** The bytes of a panel's row: the eight columns that a tile of `gemm` has. */
const PANEL_ROW: usize = 32;

/** Returns the sum of four floats: (a + c) + (b + d). */
// @ts-expect-error: decorator
@inline
function sumOfLanes(x: v128): f32 {
  const pairs = f32x4.add(x, v128.shuffle<i32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

// @ts-expect-error: decorator
@inline
function addSums(c: usize, s0: v128, s1: v128, s2: v128, s3: v128): void {
  const sums = f32x4(sumOfLanes(s0), sumOfLanes(s1), sumOfLanes(s2), sumOfLanes(s3));
  v128.store(c, f32x4.add(v128.load(c), sums));
}

/**
 * Adds A · Bᵀ to C. A has m rows and B has n rows of k floats, without gaps; m is a multiple of 3, n and k are
 * multiples of 4.
 *
 * A tile of C is 3 × 4 dot products: twelve sums, seven loads for every twelve multiplications.
 */
export function gemmTransposedB(a: usize, b: usize, c: usize, m: i32, n: i32, k: i32, cStride: usize): void {
  const stride = <usize>k << 2;
  for (let j = 0; j < n; j += 4) {
    const b0 = b + <usize>j * stride;
    const b1 = b0 + stride;
    const b2 = b1 + stride;
    const b3 = b2 + stride;
    for (let i = 0; i < m; i += 3) {
      const a0 = a + <usize>i * stride;
      const a1 = a0 + stride;
      const a2 = a1 + stride;
      let s00 = f32x4.splat(0), s01 = f32x4.splat(0), s02 = f32x4.splat(0), s03 = f32x4.splat(0);
      let s10 = f32x4.splat(0), s11 = f32x4.splat(0), s12 = f32x4.splat(0), s13 = f32x4.splat(0);
      let s20 = f32x4.splat(0), s21 = f32x4.splat(0), s22 = f32x4.splat(0), s23 = f32x4.splat(0);
      for (let p: usize = 0; p < stride; p += 16) {
        const x0 = v128.load(a0 + p);
        const x1 = v128.load(a1 + p);
        const x2 = v128.load(a2 + p);
        let y = v128.load(b0 + p);
        s00 = maddF32(x0, y, s00);
        s10 = maddF32(x1, y, s10);
        s20 = maddF32(x2, y, s20);
        y = v128.load(b1 + p);
        s01 = maddF32(x0, y, s01);
        s11 = maddF32(x1, y, s11);
        s21 = maddF32(x2, y, s21);
        y = v128.load(b2 + p);
        s02 = maddF32(x0, y, s02);
        s12 = maddF32(x1, y, s12);
        s22 = maddF32(x2, y, s22);
        y = v128.load(b3 + p);
        s03 = maddF32(x0, y, s03);
        s13 = maddF32(x1, y, s13);
        s23 = maddF32(x2, y, s23);
      }
      const target = c + <usize>i * cStride + (<usize>j << 2);
      addSums(target, s00, s01, s02, s03);
      addSums(target + cStride, s10, s11, s12, s13);
      addSums(target + 2 * cStride, s20, s21, s22, s23);
    }
  }
}

/** Copies eight columns of a matrix of k rows to a panel without gaps. */
// @ts-expect-error: decorator
@inline
function packPanel(from: usize, stride: usize, k: i32, panel: usize): void {
  for (let p = 0; p < k; p++, from += stride, panel += PANEL_ROW) {
    v128.store(panel, v128.load(from));
    v128.store(panel, v128.load(from, 16), 16);
  }
}

// @ts-expect-error: decorator
@inline
function addRow(c: usize, low: v128, high: v128): void {
  v128.store(c, f32x4.add(v128.load(c), low));
  v128.store(c, f32x4.add(v128.load(c, 16), high), 16);
}

/**
 * Adds A · B to C. A is m × k with any strides, so that it may be transposed; B is k × n. m is a multiple of 4,
 * n of 8.
 *
 * A tile of C is 4 × 8. The eight columns of B are packed first: they are read for every four rows of A.
 *
 * @param panel room for k rows of eight floats.
 */
export function gemm(
  a: usize, aRowStride: usize, aColumnStride: usize, b: usize, bStride: usize, c: usize, cStride: usize,
  m: i32, n: i32, k: i32, panel: usize,
): void {
  const panelEnd = panel + <usize>k * PANEL_ROW;
  for (let j = 0; j < n; j += 8) {
    packPanel(b + (<usize>j << 2), bStride, k, panel);
    for (let i = 0; i < m; i += 4) {
      let a0 = a + <usize>i * aRowStride;
      let a1 = a0 + aRowStride;
      let a2 = a1 + aRowStride;
      let a3 = a2 + aRowStride;
      let l0 = f32x4.splat(0), l1 = f32x4.splat(0), l2 = f32x4.splat(0), l3 = f32x4.splat(0);
      let h0 = f32x4.splat(0), h1 = f32x4.splat(0), h2 = f32x4.splat(0), h3 = f32x4.splat(0);
      for (let p = panel; p < panelEnd; p += PANEL_ROW) {
        const low = v128.load(p);
        const high = v128.load(p, 16);
        let x = v128.load32_splat(a0);
        l0 = maddF32(x, low, l0);
        h0 = maddF32(x, high, h0);
        x = v128.load32_splat(a1);
        l1 = maddF32(x, low, l1);
        h1 = maddF32(x, high, h1);
        x = v128.load32_splat(a2);
        l2 = maddF32(x, low, l2);
        h2 = maddF32(x, high, h2);
        x = v128.load32_splat(a3);
        l3 = maddF32(x, low, l3);
        h3 = maddF32(x, high, h3);
        a0 += aColumnStride;
        a1 += aColumnStride;
        a2 += aColumnStride;
        a3 += aColumnStride;
      }
      const target = c + <usize>i * cStride + (<usize>j << 2);
      addRow(target, l0, h0);
      addRow(target + cStride, l1, h1);
      addRow(target + 2 * cStride, l2, h2);
      addRow(target + 3 * cStride, l3, h3);
    }
  }
}

/** Adds a matrix without gaps to C. Both have n columns, a multiple of 8. */
export function addTile(x: usize, c: usize, cStride: usize, m: i32, n: i32): void {
  const rowBytes = <usize>n << 2;
  for (let i = 0; i < m; i++, c += cStride, x += rowBytes) {
    for (let j: usize = 0; j < rowBytes; j += 32) {
      addRow(c + j, v128.load(x + j), v128.load(x + j, 16));
    }
  }
}
