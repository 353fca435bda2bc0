// Puts the bundled worker beside the compiled modules.
import { cpSync } from "node:fs";

const at = (path) => new URL(`../${path}`, import.meta.url);

cpSync(at("src/generated"), at("dist/generated"), { recursive: true });
