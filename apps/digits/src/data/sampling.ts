import { uniformInt } from "pure-rand/distribution/uniformInt";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { type Digits, pick } from "./digits.ts";

/** Holds out a random fifth of the images, on which nothing is trained. */
export function split(digits: Digits, random: RandomGenerator) {
  const places = shuffledPlaces(digits, random);
  const heldOut = Math.floor(places.length / 5);
  return {
    heldOut: pick(digits, places.slice(0, heldOut)),
    train: pick(digits, places.slice(heldOut)),
  };
}

/** All images in random order, in batches of this size; the last may be smaller. */
export function shuffledBatches(digits: Digits, size: number, random: RandomGenerator): Digits[] {
  const places = shuffledPlaces(digits, random);
  const batches: Digits[] = [];
  for (let start = 0; start < places.length; start += size) {
    batches.push(pick(digits, places.slice(start, start + size)));
  }
  return batches;
}

/** Fisher–Yates shuffle of 0, 1, …, one for each image. */
function shuffledPlaces({ labels }: Digits, random: RandomGenerator): number[] {
  const places = Array.from(labels.keys());
  for (let last = places.length - 1; last > 0; last--) {
    const other = uniformInt(random, 0, last);
    [places[last], places[other]] = [places[other], places[last]];
  }
  return places;
}
