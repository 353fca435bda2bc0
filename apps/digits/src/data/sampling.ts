import { uniformInt } from "pure-rand/distribution/uniformInt";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { type Digits, pick } from "./digits.ts";

/** Splits off a random fifth of the images, which are not trained on. */
export function split(digits: Digits, random: RandomGenerator) {
  const places = shuffledPlaces(digits, random);
  const heldOut = Math.floor(places.length / 5);
  return {
    heldOut: pick(digits, places.slice(0, heldOut)),
    train: pick(digits, places.slice(heldOut)),
  };
}

/** Yields all images in random order, in batches of this size; the last batch may be smaller. */
export function shuffledBatches(digits: Digits, size: number, random: RandomGenerator): Digits[] {
  const places = shuffledPlaces(digits, random);
  const batches: Digits[] = [];
  for (let start = 0; start < places.length; start += size) {
    batches.push(pick(digits, places.slice(start, start + size)));
  }
  return batches;
}

/** Returns the indices of all images, in the random order of a Fisher–Yates shuffle. */
function shuffledPlaces({ labels }: Digits, random: RandomGenerator): number[] {
  const places = Array.from(labels.keys());
  for (let last = places.length - 1; last > 0; last--) {
    const other = uniformInt(random, 0, last);
    [places[last], places[other]] = [places[other], places[last]];
  }
  return places;
}
