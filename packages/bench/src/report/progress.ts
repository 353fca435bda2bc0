import { SingleBar } from "cli-progress";

export type Progress = ReturnType<typeof startProgress>;

/**
 * Shows a progress bar on stderr until the work is done. A report that is redirected to a file has
 * none of it, and if stderr is not a terminal, nothing is shown.
 */
export function startProgress(total: number) {
  const bar = new SingleBar({
    format: "[{bar}] {percentage} %, {eta_formatted} left: {now}",
    barsize: 24,
    clearOnComplete: true,
    linewrap: false,
  });
  bar.start(total, 0, { now: "" });
  return {
    show: (now: string) => bar.update({ now }),
    advance: () => bar.increment(),
    /** Prints text above the bar. */
    print(text: string) {
      if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
      console.log(text);
    },
    stop: () => bar.stop(),
  };
}
