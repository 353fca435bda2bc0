// pnpm calls this hook for each package that it packs or publishes.
// The lockfile holds this file's checksum, so the content is elsewhere.
import { publishedManifest } from "./scripts/publishedManifest.mjs";

export const hooks = { beforePacking: publishedManifest };
