import { createPostgresBackend, type Job, runMigrations, WaitingError, withBackend } from "bullmq";
import pg from "pg";
import { onceInAWhile } from "./once-in-a-while.ts";

const { Queue, Worker } = withBackend(createPostgresBackend);

export type JobName = "verify-version" | "execute-merge" | "evaluate" | "measure-statistics" | "advance-study" | "run-trial";

/** Rows are the truth and jobs are hints: a job carries the id of a row and nothing else. */
export interface JobQueue {
  /** Adds a job once: while a job of this name and id waits or runs, adding it again does nothing. */
  add(name: JobName, id: string): Promise<void>;
  close(): Promise<void>;
}

/** Does the work of one row. Must be safe to run twice, and must reject soon after `signal` aborts with an `AbortedError`. */
export type JobHandler = (id: string, signal: AbortSignal) => Promise<void>;

export interface JobWorker {
  /** Aborts the handler if it runs in this process; false when it does not. */
  cancel(name: JobName, id: string): boolean;
  /** Aborts what runs, hands it back to the queue for another worker, and returns when nothing is left. */
  close(): Promise<void>;
}

/** Why a handler was told to stop: only after "cancelled" is the work unwanted. */
export class AbortedError extends Error {
  readonly reason: "cancelled" | "shutdown" | "lost";
  constructor(reason: "cancelled" | "shutdown" | "lost") {
    super(abortSentences[reason]);
    this.name = "AbortedError";
    this.reason = reason;
  }
}

const abortSentences = {
  cancelled: "The job was cancelled.",
  shutdown: "This worker shuts down; another one takes the job.",
  lost: "This worker was out of touch too long; another one has taken the job.",
};

export interface WorkerHooks {
  /** Faults of the connection and of the queue itself, which heal by themselves. */
  readonly onError?: (error: Error) => void;
  /** After a handler ended, with the error it ended with. */
  readonly onDone?: (job: { name: JobName; id: string; seconds: number; error?: Error }) => void;
}

const queueName = "amalgam";
/** A dead worker's job is found after at most lock + interval: seconds, and safe as long as handlers never block the event loop as long. */
const recovery = { lockDuration: 6000, stalledInterval: 2500, maxStalledCount: 10 };
/** What is thrown out of a handler is a fault of the machinery (a lost database, say), so it is worth another try. */
const retries = { attempts: 6, backoff: { type: "exponential", delay: 500 } };
/** A finished job must not stand in the way of a new one with the same id. */
const forgetting = { removeOnComplete: true, removeOnFail: true };

const keyOf = (name: JobName, id: string) => `${name}.${id}`;

/** Two connections at most: adding a job is one short query. */
export async function createQueue(databaseUrl: string, onError: (error: Error) => void = () => {}): Promise<JobQueue> {
  await migrate(databaseUrl);
  const queue = new Queue<{ id: string }>(queueName, { connection: { connectionString: databaseUrl, max: 2 } });
  queue.on("error", onceInAWhile(onError));
  await queue.waitUntilReady();
  return {
    async add(name, id) {
      await queue.add(name, { id }, { jobId: keyOf(name, id), ...retries, ...forgetting });
    },
    close: () => queue.close(),
  };
}

/** Connections: two for short queries, one that listens for new jobs. */
export async function createWorker(
  databaseUrl: string,
  handlers: Readonly<Record<JobName, JobHandler>>,
  { concurrency, onError = () => {}, onDone = () => {} }: { concurrency: number } & WorkerHooks,
): Promise<JobWorker> {
  await migrate(databaseUrl);
  const running = new Map<string, AbortController>();
  let isClosing = false;

  async function run(job: Job<{ id: string }>, token?: string): Promise<void> {
    const name = job.name as JobName;
    const { id } = job.data;
    if (isClosing) return handBack(job, token); // taken in the moment of closing, perhaps the very one just handed back
    const abort = new AbortController();
    running.set(keyOf(name, id), abort);
    const began = performance.now();
    try {
      await handlers[name](id, abort.signal);
      onDone({ name, id, seconds: (performance.now() - began) / 1000 });
    } catch (error) {
      const cause = abort.signal.aborted ? (abort.signal.reason as AbortedError) : (error as Error);
      onDone({ name, id, seconds: (performance.now() - began) / 1000, error: cause });
      if (!(cause instanceof AbortedError)) throw error;
      if (cause.reason !== "shutdown") return;
      await handBack(job, token);
    } finally {
      running.delete(keyOf(name, id));
    }
  }

  const worker = new Worker<{ id: string }>(queueName, run, {
    connection: { connectionString: databaseUrl, max: 2 },
    concurrency,
    runRetryDelay: 1000,
    ...recovery,
  });
  worker.on("error", onceInAWhile(onError));
  worker.on("lockRenewalFailed", (keys: string[]) => {
    for (const key of keys) running.get(key)?.abort(new AbortedError("lost"));
  });
  await worker.waitUntilReady();
  return {
    cancel(name, id) {
      const abort = running.get(keyOf(name, id));
      abort?.abort(new AbortedError("cancelled"));
      return abort !== undefined;
    },
    async close() {
      isClosing = true;
      const closed = worker.close(); // from here on it takes no more
      for (const abort of running.values()) abort.abort(new AbortedError("shutdown"));
      await closed;
    },
  };
}

/** Makes the job wait for another worker, at once, and not counted as an attempt. */
async function handBack(job: Job, token: string | undefined): Promise<never> {
  await job.moveToWait(token);
  throw new WaitingError();
}

/** Makes or updates the schema `bullmq`, under its own lock; quick when there is nothing to do. */
async function migrate(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await runMigrations(client);
  } finally {
    await client.end();
  }
}
