import type { Logger } from "pino";
import type { PrismaClient } from "./generated/prisma/client.ts";
import type { Notifications } from "./platform/notifications.ts";
import type { ObjectStore } from "./platform/object-store.ts";
import type { JobQueue } from "./platform/queue.ts";

/** The effects a use case may have. Built once for each process; tests build their own. */
export interface Deps {
  readonly db: PrismaClient;
  readonly queue: JobQueue;
  readonly store: ObjectStore;
  readonly notifications: Notifications;
  readonly clock: () => Date;
  readonly log: Logger;
  /** A folder for work in progress: merges being written, staged parents. */
  readonly scratchDir: string;
  readonly mergeThreads: number;
  /** Commands that score models, by the names that tasks give them. */
  readonly evaluators: ReadonlyMap<string, readonly string[]>;
}
