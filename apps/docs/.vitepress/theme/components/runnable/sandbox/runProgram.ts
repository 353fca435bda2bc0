import { CompileError, compile, type Expression } from "./compile.ts";
import type { Message, Outcome, Output } from "./messages.ts";
import runtime from "./worker.ts?script";

export interface RunOptions {
  /** Receives the expressions of the program before it runs. */
  readonly onCompiled: (expressions: readonly Expression[]) => void;
  readonly onOutput: (output: Output) => void;
  /** Ends the run. */
  readonly signal: AbortSignal;
}

/** The time limit of a program, in milliseconds. */
const limit = 2000;

/** The content security policy: nothing is allowed but a worker from the text of the page. */
const policy =
  "default-src 'none'; worker-src blob:; script-src 'nonce-frame' blob: 'wasm-unsafe-eval'";

const frameSource = `<!doctype html>
<meta http-equiv="Content-Security-Policy" content="${policy}">
<script nonce="frame">
  addEventListener("message", ({ data, ports }) => {
    const script = URL.createObjectURL(new Blob([data], { type: "text/javascript" }));
    new Worker(script).postMessage(null, ports);
  }, { once: true });
</script>`;

/**
 * Runs a TypeScript program in a worker inside a sandboxed iframe, which has no access to the page,
 * to the network or to the browser's storage.
 */
export async function runProgram(source: string, options: RunOptions): Promise<Outcome> {
  try {
    const { body, expressions } = compile(source);
    options.onCompiled(expressions);
    return await runScript(scriptOf(body), options);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    return { kind: "failed", message: `SyntaxError: ${error.message}`, line: error.line };
  }
}

/** Puts the program on the first lines, so that line numbers of stacks are its own. */
function scriptOf(body: string): string {
  const lines = body.split("\n").length;
  return `"use strict"; const program = async (__import, __show) => {${body}
}, programLines = ${lines};
${runtime}`;
}

async function runScript(script: string, { onOutput, signal }: RunOptions): Promise<Outcome> {
  const frame = document.createElement("iframe");
  const { port1: port, port2 } = new MessageChannel();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<Outcome>((end) => {
      signal.addEventListener("abort", () => end({ kind: "stopped" }), { once: true });
      port.onmessage = ({ data }: MessageEvent<Message>) => {
        if (data.type === "started") timer = setTimeout(() => end({ kind: "timeout" }), limit);
        else if (data.type === "output") onOutput(data.output);
        else end(data.outcome);
      };
      frame.hidden = true;
      frame.title = "Sandbox";
      frame.setAttribute("sandbox", "allow-scripts");
      frame.srcdoc = frameSource;
      frame.onload = () => frame.contentWindow?.postMessage(script, "*", [port2]);
      document.body.append(frame);
    });
  } finally {
    // Removing the frame ends the worker, even in an endless loop.
    clearTimeout(timer);
    port.close();
    frame.remove();
  }
}
