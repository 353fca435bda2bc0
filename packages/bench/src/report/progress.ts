import { SingleBar } from "cli-progress";

export type Progress = ReturnType<typeof startProgress>;

/**
 * Shows a line that is gone when the work is done.
 *
 * It goes to stderr, so that a redirected report stays clean, and is silent where that is no
 * terminal either.
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
    /** Prints above the line. */
    print(text: string) {
      if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
      console.log(text);
    },
    stop: () => bar.stop(),
  };
}
