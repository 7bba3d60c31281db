import { PrismaPg } from "@prisma/adapter-pg";
import type { Deps } from "./deps.ts";
import type { Env } from "./env.ts";
import { PrismaClient } from "./generated/prisma/client.ts";
import type { Logger } from "./platform/logger.ts";
import { openNotifications } from "./platform/notifications.ts";
import { openStore } from "./platform/open-store.ts";
import { createQueue } from "./platform/queue.ts";

const connections = 8;

/** Opens everything a process needs, once. Migrations have been applied by then. */
export async function createDeps(env: Env, log: Logger): Promise<{ deps: Deps; close(): Promise<void> }> {
  const onError = (error: Error) => log.warn({ err: error }, "a connection to the database broke; it will be restored");
  const db = new PrismaClient({ adapter: new PrismaPg({ connectionString: env.DATABASE_URL, max: connections }) });
  const queue = await createQueue(env.DATABASE_URL, onError);
  const notifications = await openNotifications(env.DATABASE_URL, onError);
  const deps: Deps = {
    db,
    queue,
    notifications,
    store: openStore(env),
    clock: () => new Date(),
    log,
    scratchDir: env.SCRATCH_DIR,
    mergeThreads: env.MERGE_THREADS,
    evaluators: new Map(Object.entries(env.EVALUATORS)),
  };
  return {
    deps,
    async close() {
      await notifications.close();
      await queue.close();
      await db.$disconnect();
    },
  };
}
