/** Half-precision exponents are biased by 15, float32's by 127. */
const rebias = 2 ** (127 - 15);

/** Widens the bits of IEEE 754 half-precision floats. Exact. */
export function fromFloat16(bits: Uint16Array): Float32Array {
  const floats = new Float32Array(bits.length);
  const words = new Uint32Array(floats.buffer);
  for (let i = 0; i < bits.length; i++) {
    words[i] = ((bits[i] & 0x8000) << 16) | ((bits[i] & 0x7fff) << 13);
    floats[i] *= rebias;
    // Infinities and NaN have the greatest exponent there as here.
    if ((bits[i] & 0x7c00) === 0x7c00) words[i] |= 0x7f800000;
  }
  return floats;
}

/** Widens the bits of bfloat16 floats, which are the upper half of a float32's. Exact. */
export function fromBfloat16(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i] << 16;
  return new Float32Array(words.buffer);
}
