import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A package in the bundles of the built site. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** The text of the licence, which must be passed on with the code. */
  readonly text: string;
}

/** What the plugin uses of Rollup's bundle. */
type Bundle = Record<string, { type: string; modules?: Record<string, unknown> }>;

interface Emitter {
  emitFile(file: { type: "asset"; fileName: string; source: string }): string;
}

/** Writes licences.txt into the built site: the licence of each package that is in its bundles. */
export function licences() {
  return {
    name: "licences",
    apply: (config: { build?: { ssr?: unknown } }, { command }: { command: string }) =>
      command === "build" && !config.build?.ssr,
    generateBundle(this: Emitter, _: unknown, bundle: Bundle) {
      const modules = Object.values(bundle).flatMap(({ modules = {} }) => Object.keys(modules));
      this.emitFile({
        type: "asset",
        fileName: "licences.txt",
        source: licencesText(bundledPackages(modules)),
      });
    },
  };
}

/** Returns the packages that the modules of a bundle come from, sorted by name. */
export function bundledPackages(modules: Iterable<string>): BundledPackage[] {
  const packages = new Map<string, BundledPackage>();
  for (const id of modules) {
    const [file] = id.replace(/^\0/, "").split("?");
    if (!file.includes("/node_modules/")) continue;
    const found = readPackage(dirname(file));
    if (found) packages.set(`${found.name}@${found.version}`, found);
  }
  return [...packages.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Writes the list of packages, and then their licences. */
export function licencesText(packages: readonly BundledPackage[]): string {
  const list = packages.map(({ name, version, licence }) => `${name} ${version}: ${licence}`);
  const texts = packages.map(({ name, version, text }) => `${name} ${version}\n\n${text.trim()}`);
  const intro =
    "This site contains parts of the following packages. Their licences are below.\nSurprisal itself: MIT, /modules/LICENSE.";
  const line = `\n\n${"-".repeat(72)}\n\n`;
  return `${[`${intro}\n\n${list.join("\n")}`, ...texts].join(line)}\n`;
}

/** Reads the package.json that gives the name of the package, above a folder. */
function readPackage(folder: string): BundledPackage | undefined {
  const manifest = join(folder, "package.json");
  if (existsSync(manifest)) {
    const { name, version, license, author } = JSON.parse(readFileSync(manifest, "utf8"));
    // Some packages have a package.json in a subfolder, without name or version.
    if (name && version) {
      const holder = typeof author === "string" ? author : author?.name;
      return {
        name,
        version,
        licence: license ?? "unknown",
        text: licenceText(folder, license, holder),
      };
    }
  }
  return dirname(folder) === folder ? undefined : readPackage(dirname(folder));
}

function licenceText(folder: string, licence: unknown, holder: unknown): string {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (file !== undefined) return readFileSync(join(folder, file), "utf8");
  // Some packages name the licence only in their package.json.
  if (licence === "MIT" && typeof holder === "string") {
    const [, terms] = readFileSync(new URL("../../../../LICENSE", import.meta.url), "utf8").split(
      /Copyright.*\n/,
    );
    return `MIT License\n\nCopyright (c) ${holder}\n${terms}`;
  }
  return "The package contains no text of its licence.";
}
