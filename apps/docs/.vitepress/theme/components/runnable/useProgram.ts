import { onScopeDispose, type Ref, ref, shallowRef } from "vue";
import type { Expression } from "./sandbox/compile.ts";
import type { Outcome, Output } from "./sandbox/messages.ts";

/** The state of a run, as it is shown. */
export interface ProgramRun {
  readonly running: Readonly<Ref<boolean>>;
  readonly expressions: Readonly<Ref<readonly Expression[]>>;
  readonly outputs: Readonly<Ref<readonly Output[]>>;
  readonly outcome: Readonly<Ref<Outcome | undefined>>;
  run(source: string): Promise<void>;
  stop(): void;
  clear(): void;
}

/** Runs programs in the sandbox, one at a time. The first run loads the compiler. */
export function useProgram(): ProgramRun {
  const running = ref(false);
  const expressions = shallowRef<readonly Expression[]>([]);
  const outputs = shallowRef<readonly Output[]>([]);
  const outcome = shallowRef<Outcome>();
  let current = new AbortController();

  function stop() {
    current.abort();
    running.value = false;
  }

  function clear() {
    outputs.value = [];
    outcome.value = undefined;
  }

  async function run(source: string) {
    stop();
    clear();
    running.value = true;
    current = new AbortController();
    const { signal } = current;
    const ended = await start(source, signal);
    if (current.signal !== signal) return;
    running.value = false;
    outcome.value = ended;
  }

  async function start(source: string, signal: AbortSignal): Promise<Outcome> {
    try {
      const { runProgram } = await import("./sandbox/runProgram.ts");
      if (signal.aborted) return { kind: "stopped" };
      return await runProgram(source, {
        signal,
        onCompiled(compiled) {
          expressions.value = compiled;
        },
        onOutput(output) {
          if (!signal.aborted) outputs.value = [...outputs.value, output];
        },
      });
    } catch (error) {
      return { kind: "failed", message: `The program could not be started: ${error}` };
    }
  }

  onScopeDispose(stop);
  return { running, expressions, outputs, outcome, run, stop, clear };
}
