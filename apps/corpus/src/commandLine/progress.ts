import { SingleBar } from "cli-progress";

/** Shows a progress bar on stderr, and nothing if stderr is not a terminal. */
export function startProgress(total: number) {
  const bar = new SingleBar({
    format: "scoring [{bar}] {value}/{total} shards, {eta_formatted} left",
    barsize: 32,
    clearOnComplete: true,
    linewrap: true,
  });
  bar.start(total, 0);
  return { update: (done: number) => bar.update(done), stop: () => bar.stop() };
}
