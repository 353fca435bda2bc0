// Numbers as integers of 32 bits. `x` is an address, and `count` a multiple of four.

/** Returns the bitwise or of `count` numbers. */
export function bitwiseOr(x: usize, count: i32): i32 {
  let bits = i32x4.splat(0);
  for (const end = x + (<usize>count << 2); x < end; x += 16) bits = v128.or(bits, v128.load(x));
  bits = v128.or(bits, v128.shuffle<i64>(bits, bits, 1, 0));
  return i32x4.extract_lane(bits, 0) | i32x4.extract_lane(bits, 1);
}

/** Returns the largest of `count` unsigned integers. */
export function maxUnsigned(x: usize, count: i32): u32 {
  let max = i32x4.splat(0);
  for (const end = x + (<usize>count << 2); x < end; x += 16) max = i32x4.max_u(max, v128.load(x));
  max = i32x4.max_u(max, v128.shuffle<i64>(max, max, 1, 0));
  const first: u32 = i32x4.extract_lane(max, 0);
  const second: u32 = i32x4.extract_lane(max, 1);
  return first > second ? first : second;
}
