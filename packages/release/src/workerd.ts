import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { mustRun } from "./command.ts";
import { type Finding, judge } from "./report.ts";
import { tools } from "./tools.ts";

/** Runs the conformance checks in workerd, which forbids WebAssembly that is compiled at run time. */
export async function checkWorkerd(
  workerd: string,
  esbuild: string,
  project: string,
): Promise<Finding> {
  const bundle = ["workerd.mjs", "--bundle", "--format=esm", "--outfile=worker.mjs"];
  await mustRun(process.execPath, [join(esbuild, "bin/esbuild"), ...bundle], { cwd: project });
  const about = {
    group: "Runtimes",
    name: "workerd",
    version: tools.workerd,
    how: "bundled by esbuild",
  } as const;
  const server = spawn(workerd, ["serve", "workerd.capnp", "--control-fd=1"], {
    cwd: project,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const timer = setTimeout(() => server.kill("SIGKILL"), 60_000);
  try {
    const port = await listeningPort(server);
    const response = await fetch(`http://127.0.0.1:${port}/`);
    return { ...about, ...judge(JSON.parse(await response.text()), { kernels: "js" }) };
  } catch (error) {
    return { ...about, result: "fails", note: String(error) };
  } finally {
    clearTimeout(timer);
    server.kill("SIGKILL");
  }
}

/** Reads the port from the messages that `--control-fd` writes. */
async function listeningPort(server: ReturnType<typeof spawn>): Promise<number> {
  if (!server.stdout) throw new Error("workerd has no output.");
  for await (const line of createInterface({ input: server.stdout })) {
    const message = JSON.parse(line);
    if (message.event === "listen") return message.port;
  }
  throw new Error("workerd exited at its start.");
}
