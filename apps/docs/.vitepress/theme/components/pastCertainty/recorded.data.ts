import { type Report, trainByEach } from "../../../../models/modularAddition/index.ts";
import { lastStep } from "./setup.ts";

export declare const data: readonly Report[];

/** The steps that the page tabulates. */
const shown = [0, 500, 1000, 1500, lastStep];

/** Runs the training when the site is built, and keeps the steps that the page tabulates. */
export default {
  load: (): Report[] =>
    [...trainByEach("normalizedDescent", lastStep)].filter(({ sumOthers: { step } }) =>
      shown.includes(step),
    ),
};
