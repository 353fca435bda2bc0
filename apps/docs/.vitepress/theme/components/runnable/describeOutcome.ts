import type { Outcome } from "./sandbox/messages.ts";

/** Describes the end of a run in a sentence. */
export function describeOutcome(outcome: Outcome, outputs: number): string {
  switch (outcome.kind) {
    case "done":
      return `${outputs === 0 ? "Done. The program showed nothing" : "Done"} (${duration(outcome.milliseconds)}).`;
    case "timeout":
      return "Stopped after two seconds, because the program did not end.";
    case "stopped":
      return "Stopped.";
    case "failed":
      return outcome.line === undefined
        ? outcome.message
        : `Line ${outcome.line}: ${outcome.message}`;
  }
}

const duration = (milliseconds: number) =>
  milliseconds < 1 ? "less than 1 ms" : `${Math.round(milliseconds)} ms`;
