import { readFileSync } from "node:fs";

const root = new URL("../../../", import.meta.url);
const read = (file: string) => JSON.parse(readFileSync(new URL(file, root), "utf8"));
const { repository, homepage } = read("publishing.json");
const { version, license } = read("packages/losses/package.json");

/** The facts about the project that pages show. `publishing.json` holds those that a fork changes. */
export const facts = {
  /** The URL of the repository in a browser, or "" while there is none. */
  repository: webAddress(repository),
  version: version as string,
  /** Whether the packages are in the npm registry: the first release has a version above 0.0.0. */
  isPublished: version !== "0.0.0",
  license: license as string,
  /** The origin of the deployed site, or "" while it is not known. */
  origin: (process.env.SITE_ORIGIN || homepage).replace(/\/$/, "") as string,
};

/** Returns the address of a page for a Git address, such as `git+https://host/owner/name.git`. */
function webAddress(address: string): string {
  return address.replace(/^git\+/, "").replace(/\.git$/, "");
}
