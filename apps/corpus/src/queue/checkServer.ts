import { Redis } from "ioredis";

/** Milliseconds until a server that says nothing is given up. */
const patience = 3000;

/** Throws if no Redis server answers at this address. */
export async function checkServer(url: string): Promise<void> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: patience,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason = `no answer within ${patience / 1000} s`;
  client.on("error", (error: NodeJS.ErrnoException) => {
    reason = error.message || String(error.code);
  });
  const timer = AbortSignal.timeout(patience);
  const silence = new Promise<never>((_, reject) => {
    timer.addEventListener("abort", () => reject(new Error(reason)));
  });
  try {
    await Promise.race([client.connect().then(() => client.ping()), silence]);
  } catch (error) {
    throw new Error(
      `corpus: no Redis server can be used at ${withoutPassword(url)}: ${reason || (error as Error).message}. ` +
        "Start one with redis-server, or leave --redis out to work on this machine alone.",
    );
  } finally {
    client.disconnect();
  }
}

function withoutPassword(url: string): string {
  const address = new URL(url);
  address.password = "";
  return address.href;
}
