import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { text } from "node:stream/consumers";

/** The content security policies, by the first part of the address. */
export const policies = {
  none: "",
  self: "script-src 'self'",
  wasm: "script-src 'self' 'wasm-unsafe-eval'",
} as const;

export type Policy = keyof typeof policies;

export interface BrowserServer {
  readonly url: string;
  close(): void;
}

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
};

/**
 * Serves the sites of `folder` at /<policy>/<site>/ with the headers of the policy.
 *
 * `receive` gets what a page posts, and returns the address of the next page.
 */
export async function serveSites(
  folder: string,
  receive: (posted: unknown) => string | undefined,
): Promise<BrowserServer> {
  const server = createServer(async (request, response) => {
    if (request.url === "/results" && request.method === "POST") {
      const next = receive(JSON.parse(await text(request)));
      response.end(JSON.stringify({ next }));
    } else {
      sendFile(folder, request, response);
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function sendFile(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  const [, policy, ...rest] = normalize(decodeURIComponent(pathname)).split(/[\\/]/);
  const file = join(folder, ...rest, pathname.endsWith("/") ? "index.html" : "");
  if (!(policy in policies) || rest.includes("..") || !existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  const content = readFileSync(file);
  const csp = policyHeader(policy as Policy, extname(file) === ".html" ? String(content) : "");
  response.writeHead(200, {
    "content-type": types[extname(file)] ?? "application/octet-stream",
    // Threads need an isolated page.
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    ...(csp && { "content-security-policy": csp }),
  });
  response.end(content);
}

/** Returns the policy, which names the hash of the page's import map: a map cannot be a file. */
function policyHeader(policy: Policy, html: string): string {
  const map = /<script type="importmap">(.*?)<\/script>/s.exec(html)?.[1];
  if (map === undefined || policy === "none") return policies[policy];
  const hash = createHash("sha256").update(map).digest("base64");
  return `${policies[policy]} 'sha256-${hash}'`;
}
