import { type Tensor, tensor } from "@surprisal/core";

/** Images and the digits that they show. */
export interface Digits {
  /** Shape [images, 64]: grey values from 0 to 1. */
  readonly pixels: Tensor<Float32Array>;
  /** One digit from 0 to 9 per image. */
  readonly labels: Uint8Array;
}

export const PIXELS = 64;
export const CLASSES = 10;

/** The grey value of a block of pixels that is full of ink. */
export const BRIGHTEST = 16;

/** Parses the data set: lines of 64 pixels and a label. */
export function parseDigits(csv: string): Digits {
  const rows = csv.trim().split("\n");
  const pixels = new Float32Array(rows.length * PIXELS);
  const labels = new Uint8Array(rows.length);
  for (const [i, row] of rows.entries()) {
    const numbers = row.split(",").map(Number);
    labels[i] = numbers[PIXELS];
    for (let j = 0; j < PIXELS; j++) pixels[i * PIXELS + j] = numbers[j] / BRIGHTEST;
  }
  return { pixels: tensor(pixels, [rows.length, PIXELS]), labels };
}

/** Returns the images at these indices, in this order. */
export function pick({ pixels, labels }: Digits, places: readonly number[]): Digits {
  const picked = new Float32Array(places.length * PIXELS);
  for (const [i, place] of places.entries()) {
    picked.set(pixels.data.subarray(place * PIXELS, (place + 1) * PIXELS), i * PIXELS);
  }
  return {
    pixels: tensor(picked, [places.length, PIXELS]),
    labels: Uint8Array.from(places, (place) => labels[place]),
  };
}
