/** The ratio of float32's exponent bias (127) to float16's (15), as powers of 2. */
const biasRatio = 2 ** (127 - 15);

/** Converts the bits of IEEE 754 float16 values to float32, exactly. Writes them to `floats`. */
export function fromFloat16(bits: Uint16Array, floats: Float32Array): Float32Array {
  const words = new Uint32Array(floats.buffer);
  for (let i = 0; i < bits.length; i++) {
    words[i] = ((bits[i] & 0x8000) << 16) | ((bits[i] & 0x7fff) << 13);
    floats[i] *= biasRatio;
    // Infinities and NaN have the largest exponent in both formats.
    if ((bits[i] & 0x7c00) === 0x7c00) words[i] |= 0x7f800000;
  }
  return floats;
}

/** Converts the bits of bfloat16 values, which are the upper half of a float32's. Writes them to `floats`. */
export function fromBfloat16(bits: Uint16Array, floats: Float32Array): Float32Array {
  const words = new Uint32Array(floats.buffer);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i] << 16;
  return floats;
}
