import type { Instance } from "./instance.ts";

/** Divides an instance's staging buffer into arrays, one after the other. */
export function stagingRegions({ staging: { buffer, byteOffset } }: Instance) {
  let end = byteOffset;
  const reserve = (bytes: number) => {
    const address = end;
    end += bytes;
    return address;
  };
  return {
    integers: (length: number) => new Int32Array(buffer, reserve(4 * length), length),
    floats: (length: number) => new Float32Array(buffer, reserve(4 * length), length),
    doubles: (length: number) => new Float64Array(buffer, reserve(8 * length), length),
  };
}
