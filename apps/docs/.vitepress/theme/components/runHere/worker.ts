import { heats, shapes } from "./heats.ts";
import { type Outcome, race } from "./race.ts";

/** What the worker tells the page. */
export type Report =
  | { readonly kind: "outcome"; readonly outcome: Outcome; readonly done: number }
  | { readonly kind: "end" }
  | { readonly kind: "error"; readonly message: string };

const report = (message: Report) => postMessage(message);

try {
  let heatsDone = 0;
  for (const heat of heats()) {
    const outcome = race(heat, { rounds: 15, turn: 10, warmUp: 60 });
    heatsDone++;
    report({ kind: "outcome", outcome, done: heatsDone / (3 * shapes.length) });
  }
  report({ kind: "end" });
} catch (error) {
  report({ kind: "error", message: (error as Error).message });
}
