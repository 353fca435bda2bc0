import { SingleBar } from "cli-progress";

/**
 * Shows a bar that is gone when the work is done.
 *
 * It goes to stderr, so that a redirected report stays clean, and is silent where that is no
 * terminal either.
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
