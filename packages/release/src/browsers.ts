import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type BrowserServer, type Policy, policies, serveSites } from "./browserServer.ts";
import { type Build, buildSites } from "./bundlers.ts";
import { type Browser, findBrowsers } from "./findBrowsers.ts";
import { type ConformanceReport, type Expectation, type Finding, judge } from "./report.ts";

/** What a page posts: reports, or why there are none. */
interface Posted {
  readonly path: string;
  readonly isolated: boolean;
  readonly page: ConformanceReport | { readonly failure: string };
  readonly worker?: ConformanceReport | { readonly failure: string };
}

/** How long a page may take, and a browser to start, in milliseconds. */
const patience = 90_000;

/** Opens the page of each bundler under each policy in each browser. */
export async function checkBrowsers(folder: string, npmrc: string): Promise<Finding[]> {
  const sites = join(folder, "sites");
  const builds = await buildSites(folder, npmrc, sites);
  const built = builds.filter(({ problem }) => problem === undefined);
  const findings: Finding[] = [];
  for (const browser of await findBrowsers()) {
    const { name, version } = browser;
    if (browser.command === undefined) {
      const note = `${name} is not installed`;
      findings.push({ group: "Browsers", name, version, how: "", result: "not run", note });
      continue;
    }
    for (const { name: bundler, problem } of builds.filter((each) => each.problem !== undefined))
      findings.push({
        group: "Browsers",
        name,
        version,
        how: bundler,
        result: "fails",
        note: problem,
      });
    const pages = built.flatMap((build) =>
      (Object.keys(policies) as Policy[]).map((policy) => ({ build, policy })),
    );
    const posted = await visit(
      folder,
      browser,
      pages.map(({ build, policy }) => `/${policy}/${build.path}/`),
      sites,
    );
    for (const { build, policy } of pages)
      findings.push(...judgePage(browser, build, policy, posted.get(`/${policy}/${build.path}/`)));
  }
  return findings;
}

/** Sends a browser through all pages. One that does not answer is left out, and the browser starts again. */
async function visit(
  folder: string,
  browser: Browser,
  paths: readonly string[],
  sites: string,
): Promise<Map<string, Posted>> {
  const posted = new Map<string, Posted>();
  let waiting = [...paths];
  let changed = Date.now();
  const server = await serveSites(sites, (result) => {
    const { path } = result as Posted;
    posted.set(path, result as Posted);
    waiting = waiting.filter((each) => each !== path);
    changed = Date.now();
    return waiting[0];
  });
  try {
    while (waiting.length > 0) {
      const opened = open(browser, folder, server, waiting[0]);
      changed = Date.now();
      while (waiting.length > 0 && Date.now() - changed < patience) await delay(100);
      end(opened);
      waiting = waiting.slice(1);
    }
  } finally {
    server.close();
  }
  return posted;
}

function open(
  { command = [] }: Browser,
  folder: string,
  server: BrowserServer,
  path: string,
): ChildProcess {
  const profile = mkdtempSync(join(folder, "profile-"));
  const [program, ...args] = command.map((part) => part.replace("{profile}", profile));
  // In a process group of its own, so that its children end with it.
  return spawn(program, [...args, `${server.url}${path}`], { stdio: "ignore", detached: true });
}

function end(browser: ChildProcess): void {
  if (browser.pid === undefined || browser.exitCode !== null) return;
  try {
    process.kill(-browser.pid, "SIGKILL");
  } catch {
    browser.kill("SIGKILL");
  }
}

function judgePage(
  browser: Browser,
  build: Build,
  policy: Policy,
  posted: Posted | undefined,
): Finding[] {
  const { name, version } = browser;
  const about = { group: "Browsers", name, version } as const;
  const how = (where: string) => `${build.name}, ${where}, ${policies[policy] || "no policy"}`;
  if (posted === undefined) {
    const note = `the page did not answer within ${patience / 1000} s`;
    return [{ ...about, how: how("page"), result: "fails", note }];
  }
  const expected: Expectation =
    policy === "self" ? { kernels: "js" } : { kernels: browser.kernels, threads: browser.threads };
  const outcome = (report: NonNullable<Posted["worker"]>) =>
    "failure" in report
      ? ({ result: "fails", note: report.failure } as const)
      : judge(report, expected);
  const findings: Finding[] = [{ ...about, how: how("page"), ...outcome(posted.page) }];
  if (posted.worker) findings.push({ ...about, how: how("worker"), ...outcome(posted.worker) });
  return findings;
}
