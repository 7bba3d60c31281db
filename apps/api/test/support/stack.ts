import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { PrismaPg } from "@prisma/adapter-pg";
import { pino } from "pino";
import { freshDatabase } from "../../../../tests/support/index.ts";
import type { Deps } from "../../src/deps.ts";
import { PrismaClient } from "../../src/generated/prisma/client.ts";
import type { Actor } from "../../src/modules/accounts/actor.ts";
import { authenticate } from "../../src/modules/accounts/authenticate.ts";
import { ensureBootstrapKey } from "../../src/modules/accounts/ensure-bootstrap-key.ts";
import { createLocalStore } from "../../src/platform/local-store.ts";
import { createMetrics } from "../../src/platform/metrics.ts";
import { openNotifications } from "../../src/platform/notifications.ts";
import { createQueue } from "../../src/platform/queue.ts";
import { type Server, startServer } from "../../src/server.ts";
import { type RunningWorker, startWorker } from "../../src/start-worker.ts";

export interface TestDeps {
  readonly deps: Deps;
  readonly actor: Actor;
  readonly token: string;
  readonly databaseUrl: string;
  readonly folder: string;
  close(): Promise<void>;
}

/** Real PostgreSQL, a real queue, and a store in a folder of its own. */
export async function openTestDeps(): Promise<TestDeps> {
  return openTestDepsAt(await freshDatabase());
}

export async function openTestDepsAt(databaseUrl: string): Promise<TestDeps> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "amalgam-api-"));
  const db = new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl, max: 5 }) });
  const queue = await createQueue(databaseUrl);
  const notifications = await openNotifications(databaseUrl);
  const deps: Deps = {
    db,
    queue,
    notifications,
    store: createLocalStore(path.join(folder, "objects")),
    clock: () => new Date(),
    log: pino({ level: process.env["TEST_LOG"] ?? "silent" }),
    scratchDir: path.join(folder, "scratch"),
    mergeThreads: 2,
    evaluators: new Map(),
  };
  const token = `amg_${randomBytes(24).toString("hex")}`;
  await ensureBootstrapKey(deps, token);
  const actor = await authenticate(deps, { bearer: token, cookie: undefined });
  if (!actor) throw new Error("the bootstrap key does not work");
  const close = async () => {
    await notifications.close();
    await queue.close();
    await db.$disconnect();
    await fs.rm(folder, { recursive: true, force: true });
  };
  return { deps, actor, token, databaseUrl, folder, close };
}

/** A front door on a free port. */
export function openServer({ deps }: TestDeps, webUrl?: string): Promise<Server> {
  return startServer(deps, { host: "127.0.0.1", port: 0, webUrl, metrics: createMetrics() });
}

/** A worker in this process. */
export function openWorker({ deps, databaseUrl }: TestDeps): Promise<RunningWorker> {
  return startWorker(deps, { databaseUrl, concurrency: 2 });
}
