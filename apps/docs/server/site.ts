import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import sirv from "sirv";

export const folder = fileURLToPath(new URL("../.vitepress/dist/", import.meta.url));

export interface Site {
  readonly url: string;
  close(): void;
}

/** Serves the built site on a free port of this machine. */
export async function serveSite(): Promise<Site> {
  if (!existsSync(folder)) throw new Error("There is no built site: run the docs script first.");
  const files = sirv(folder, { extensions: ["html"] });
  const notFound = readFileSync(`${folder}404.html`);
  const server = createServer((request, response) => {
    files(request, response, () => {
      response.writeHead(404, { "content-type": "text/html; charset=utf-8" }).end(notFound);
    });
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", failed).listen(0, "127.0.0.1", listening);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
