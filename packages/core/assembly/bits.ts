// Numbers as integers of 32 bits.

/** Returns the bitwise or of `count` numbers at the address `x`; `count` is a multiple of four. */
export function bitwiseOr(x: usize, count: i32): i32 {
  let bits = i32x4.splat(0);
  for (const end = x + (<usize>count << 2); x < end; x += 16) bits = v128.or(bits, v128.load(x));
  bits = v128.or(bits, v128.shuffle<i64>(bits, bits, 1, 0));
  return i32x4.extract_lane(bits, 0) | i32x4.extract_lane(bits, 1);
}
