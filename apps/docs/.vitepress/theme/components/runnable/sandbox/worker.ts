import * as core from "@surprisal/core";
import * as kernels from "@surprisal/core/authoring";
import * as evaluation from "@surprisal/evaluation";
import * as language from "@surprisal/language";
import * as losses from "@surprisal/losses";
import { inspect, inspectAll } from "./inspect.ts";
import type { LogLevel, Message, Outcome, Output } from "./messages.ts";
import { importer } from "./modules.ts";
import { plotter } from "./plot.ts";

/** The compiled program, which the page puts before this script. */
declare const program: (
  load: ReturnType<typeof importer>,
  show: (index: number, value: unknown) => void,
) => Promise<void>;

const most = 1000;

addEventListener("message", ({ ports: [port] }) => start(port), { once: true });

async function start(port: MessagePort) {
  const tell = (message: Message) => port.postMessage(message);
  let told = 0;
  const output = (what: Output) => {
    if (told++ < most) tell({ type: "output", output: what });
    else throw new Error(`The program shows more than ${most} values.`);
  };

  const log = (level: LogLevel) => {
    return (...values: unknown[]) => output({ kind: "log", level, text: inspectAll(values) });
  };
  const print = log("log");
  Object.assign(globalThis, {
    console: {
      log: print,
      info: print,
      debug: print,
      table: print,
      warn: log("warn"),
      error: log("error"),
    },
    plot: plotter((plot) => output({ kind: "plot", plot })),
  });

  const load = importer({
    "@surprisal/core": core,
    "@surprisal/core/authoring": kernels,
    "@surprisal/evaluation": evaluation,
    "@surprisal/language": language,
    "@surprisal/losses": losses,
  });
  const show = (index: number, value: unknown) => {
    if (value !== undefined) output({ kind: "value", index, text: inspect(value) });
  };

  tell({ type: "started" });
  tell({ type: "ended", outcome: await run(() => program(load, show)) });
}

async function run(body: () => Promise<void>): Promise<Outcome> {
  const start = performance.now();
  try {
    await body();
    return { kind: "done", milliseconds: performance.now() - start };
  } catch (error) {
    return { kind: "failed", ...described(error) };
  }
}

function described(error: unknown): { message: string; line?: number } {
  if (!(error instanceof Error)) return { message: `Thrown: ${inspectAll([error])}` };
  return { message: `${error.name}: ${error.message}`, line: lineIn(error.stack) };
}

/** Returns the line of the program in a stack. The program is on the first lines of the script. */
function lineIn(stack = ""): number | undefined {
  const lines = [...stack.matchAll(/blob:\S*?:(\d+):\d+/g)].map((match) => Number(match[1]));
  return lines.find((line) => line <= programLines);
}

/** The number of lines of the program, from the page. */
declare const programLines: number;
