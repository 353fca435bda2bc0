import type { SupportRecord } from "./record.ts";
import type { Finding } from "./report.ts";

/** Lists findings for the terminal, one a line. */
export function listFindings(findings: readonly Finding[]): string {
  return findings
    .map(({ group, name, version, how, result, kernels = "", threads = "", note = "" }) => {
      const about = `${name} ${version}`.padEnd(26);
      const found = `${result.padEnd(8)} ${kernels.padEnd(8)} ${String(threads).padEnd(2)}`;
      return `${group.padEnd(17)} ${about} ${found} ${how} ${note}`.trimEnd();
    })
    .join("\n");
}

/** Writes the tables of the page on support. */
export function supportTables({ machine, packages, groups }: SupportRecord): string {
  const versions = [...new Set(Object.values(packages))].join(", ");
  const section = (title: string, group: Finding["group"], write: typeof runtimes) => {
    const { date = "", findings = [] } = groups[group] ?? {};
    return findings.length === 0 ? [] : [`## ${title}`, `Run on ${date}.`, write(findings)];
  };
  return `${[
    `Version ${versions} of the packages, on ${machine}.`,
    ...section("Runtimes", "Runtimes", runtimes),
    ...section("Browsers", "Browsers", browsers),
    ...section("TypeScript", "TypeScript", typescript),
    ...section("Package managers", "Package managers", others),
    ...section("Test runners", "Test runners", others),
  ].join("\n\n")}\n`;
}

function runtimes(findings: readonly Finding[]): string {
  const rows = findings.map((each) => [
    `${each.name} ${each.version}`,
    code(each.how),
    answer(each),
    each.kernels ?? "",
    each.how === "require" ? "" : String(each.threads ?? ""),
  ]);
  return table(["runtime", "how", "result", "kernels", "threads"], rows);
}

/** Shows a row for each browser and policy, and names the bundlers whose page and worker passed. */
function browsers(findings: readonly Finding[]): string {
  const cases = new Map<string, Finding[]>();
  for (const finding of findings) {
    const [, , policy = ""] = finding.how.split(", ");
    const key = [`${finding.name} ${finding.version}`, policy].join("|");
    cases.set(key, [...(cases.get(key) ?? []), finding]);
  }
  const rows = [...cases].map(([key, found]) => {
    const [browser, policy] = key.split("|");
    const kernels = unique(found.map((each) => each.kernels ?? ""));
    const threads = unique(found.map((each) => String(each.threads ?? "")));
    return [
      browser,
      code(policy),
      kernels,
      threads,
      passed(found, "page"),
      passed(found, "worker"),
    ];
  });
  return table(["browser", "policy", "kernels", "threads", "in the page", "in a worker"], rows);
}

function passed(findings: readonly Finding[], where: string): string {
  const here = findings.filter(({ how }) => how.split(", ")[1] === where);
  if (here.length === 0) return findings.map(answer).join(", ");
  return here
    .map((each) => {
      const bundler = each.how.split(", ")[0];
      return each.result === "works" ? bundler : `${bundler}: ${answer(each)}`;
    })
    .join(", ");
}

function typescript(findings: readonly Finding[]): string {
  const versions = [...new Set(findings.map(({ version }) => version))];
  const resolutions = [...new Set(findings.map(({ how }) => how))];
  const rows = versions.map((version) => [
    version,
    ...resolutions.map((how) => {
      const found = findings.find((each) => each.version === version && each.how === how);
      return found ? answer(found) : "removed";
    }),
  ]);
  return table(["TypeScript", ...resolutions.map((how) => code(how))], rows);
}

function others(findings: readonly Finding[]): string {
  const rows = findings.map((each) => [
    `${each.name} ${each.version}`,
    code(each.how),
    answer(each),
  ]);
  return table(["program", "how", "result"], rows);
}

function answer({ result, note = "" }: Finding): string {
  if (result === "works") return "works";
  const [reason] = note.split("\n");
  return reason === "" ? `**${result}**` : `**${result}**: ${reason.replaceAll("|", "\\|")}`;
}

function unique(texts: readonly string[]): string {
  return [...new Set(texts.filter((each) => each !== ""))].join(", ");
}

function code(text: string): string {
  return /^(|import|no policy|bundled by esbuild)$/.test(text) ? text : `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
