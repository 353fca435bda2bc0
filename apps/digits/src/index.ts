// The part that runs in any runtime: tutorials of the site train with it in the page.
export { BRIGHTEST, CLASSES, type Digits, PIXELS, parseDigits } from "./data/digits.ts";
export { split } from "./data/sampling.ts";
export { Momentum } from "./model/momentum.ts";
export { Network } from "./model/network.ts";
export { fused, type Route, viaLogSoftmax, viaSoftmax } from "./routes.ts";
export { type Epoch, type Parts, type Run, trainStepwise } from "./training.ts";
