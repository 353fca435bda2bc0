import type { plotter } from "../../runnable/sandbox/plot.ts";

declare global {
  /** Draws beside a program: what programs in the playground have besides their imports. */
  const plot: ReturnType<typeof plotter>;
}
