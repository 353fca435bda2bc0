import type { plotter } from "../../runnable/sandbox/plot.ts";

declare global {
  /** Draws a chart beside the program. It is the one global of the playground. */
  const plot: ReturnType<typeof plotter>;
}
