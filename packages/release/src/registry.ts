import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { npmInstall } from "./command.ts";
import { tools } from "./tools.ts";

export interface Registry {
  readonly url: string;
  /** The lines of an .npmrc that send @surprisal to this registry, and nothing else. */
  readonly npmrc: string;
  stop(): void;
}

/** Installs Verdaccio in a folder and starts it on a free port of the loopback interface. */
export async function startRegistry(folder: string): Promise<Registry> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, overrides }));
  writeFileSync(join(folder, "config.yaml"), configuration);
  await npmInstall(folder, [`verdaccio@${tools.registry.verdaccio}`]);
  const address = `127.0.0.1:${await freePort()}`;
  const program = join(folder, "node_modules/verdaccio/bin/verdaccio");
  const server = spawn(
    process.execPath,
    [program, "--config", join(folder, "config.yaml"), "--listen", address],
    { cwd: folder, stdio: "ignore" },
  );
  const stop = () => server.kill("SIGKILL");
  try {
    await answers(`http://${address}/-/ping`, server);
    const token = await addUser(`http://${address}`);
    return {
      url: `http://${address}/`,
      npmrc: `@surprisal:registry=http://${address}/\n//${address}/:_authToken=${token}\n`,
      stop,
    };
  } catch (error) {
    stop();
    throw error;
  }
}

/** Pins a dependency of Verdaccio that names a tag, which mirrors of npm do not have. */
const overrides = { "node-fetch@cjs": "2.7.0" };

/** Has no uplink: what is not published to it is not found. */
const configuration = `
storage: ./storage
auth: { htpasswd: { file: ./htpasswd } }
uplinks: {}
packages:
  "@surprisal/*":
    access: $all
    publish: $authenticated
log: { type: stdout, level: error }
`;

async function answers(url: string, server: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (server.exitCode !== null) throw new Error("The registry exited at its start.");
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await delay(200);
  }
  throw new Error(`The registry did not answer at ${url}.`);
}

/** Adds a user who may publish, and returns the token. */
async function addUser(url: string): Promise<string> {
  const response = await fetch(`${url}/-/user/org.couchdb.user:release`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "release", password: crypto.randomUUID() }),
  });
  const { token } = (await response.json()) as { token?: string };
  if (token === undefined) throw new Error(`The registry added no user: ${response.status}.`);
  return token;
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer();
    server.once("error", failed).listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => found(typeof address === "object" && address ? address.port : 0));
    });
  });
}
