import { afterAll } from "vitest";
import type { Deps } from "../../src/deps.ts";
import type { Server } from "../../src/server.ts";
import type { RunningWorker } from "../../src/start-worker.ts";
import { type Client, connectClient } from "./client.ts";
import { openServer, openTestDeps, openWorker, type TestDeps } from "./stack.ts";

export interface Served {
  readonly stack: TestDeps;
  readonly server: Server;
  readonly client: Client;
  readonly worker: RunningWorker;
}

/** The front door and a worker, with a database and a store of their own, for the tests of one file: they close after its last. */
export async function serve(changes: Partial<Deps> = {}): Promise<Served> {
  const opened = await openTestDeps();
  const stack = { ...opened, deps: { ...opened.deps, ...changes } };
  const server = await openServer(stack);
  const worker = await openWorker(stack);
  afterAll(async () => {
    await worker.close();
    await server.close();
    await stack.close();
  });
  return { stack, server, worker, client: connectClient(server.port, stack.token) };
}
