import { createDeps } from "./create-deps.ts";
import { readEnv } from "./env.ts";
import { createLogger } from "./platform/logger.ts";
import { announceReady, onShutdown } from "./platform/shutdown.ts";
import { startWorker } from "./start-worker.ts";

const env = readEnv();
const log = createLogger({ level: env.LOG_LEVEL, name: "worker" });
const { deps, close } = await createDeps(env, log);
const worker = await startWorker(deps, { databaseUrl: env.DATABASE_URL, concurrency: env.WORKER_CONCURRENCY });
log.info("ready");
announceReady();
worker.warmUp().catch((error: Error) => log.warn({ err: error }, "no network backend works here; evaluations will fail"));

onShutdown(async () => {
  await worker.close();
  await close();
});
