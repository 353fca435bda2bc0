import { SingleBar } from "cli-progress";

/**
 * Shows a progress bar on stderr until the work is done. A report that is redirected to a file has
 * none of it, and if stderr is not a terminal, nothing is shown.
 */
export function startProgress(label: string, total: number) {
  const bar = new SingleBar({
    format: `${label} [{bar}] {value}/{total} epochs`,
    barsize: 24,
    clearOnComplete: true,
    linewrap: true,
  });
  bar.start(total, 0);
  return { advance: () => bar.increment(), stop: () => bar.stop() };
}
