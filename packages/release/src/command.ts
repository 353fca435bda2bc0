import { type ExecFileException, execFile } from "node:child_process";

export interface CommandOptions {
  readonly cwd: string;
  /** The command is killed after so many seconds. */
  readonly seconds?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface CommandResult {
  readonly ok: boolean;
  readonly output: string;
  /** The last lines of what a failed command printed. */
  readonly problem: string;
}

/** Runs a command, and returns its output. Failing commands do not throw. */
export function run(
  command: string,
  args: readonly string[],
  { cwd, seconds = 120, env = {} }: CommandOptions,
): Promise<CommandResult> {
  const options = {
    cwd,
    env: { ...process.env, ...env },
    timeout: seconds * 1000,
    killSignal: "SIGKILL" as const,
    maxBuffer: 2 ** 26,
    shell: process.platform === "win32",
  };
  return new Promise((finished) => {
    execFile(command, [...args], options, (error, stdout, stderr) => {
      finished({ ok: !error, output: stdout, problem: problemOf(error, stdout + stderr, seconds) });
    });
  });
}

/** Runs a command without which nothing else can run, and throws if it fails. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<string> {
  const { ok, output, problem } = await run(command, args, options);
  if (!ok) throw new Error(`${command} ${args.join(" ")} failed: ${problem}`);
  return output;
}

/** Installs packages with npm, whose scripts do not run. */
export async function npmInstall(
  folder: string,
  specifiers: readonly string[],
  seconds = 600,
): Promise<void> {
  const quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"];
  await mustRun("npm", ["install", ...quiet, ...specifiers], { cwd: folder, seconds });
}

function problemOf(error: ExecFileException | null, printed: string, seconds: number): string {
  if (!error) return "";
  const lines = printed.trim().split("\n").slice(-8).join("\n");
  return error.killed ? `no end after ${seconds} s\n${lines}` : lines || error.message;
}
