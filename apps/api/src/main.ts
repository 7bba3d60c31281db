import path from "node:path";
import { createDeps } from "./create-deps.ts";
import { readEnv } from "./env.ts";
import { ensureBootstrapKey } from "./modules/accounts/ensure-bootstrap-key.ts";
import { registerGauges } from "./modules/gauges.ts";
import { applyMigrations } from "./platform/apply-migrations.ts";
import { createLogger } from "./platform/logger.ts";
import { createMetrics } from "./platform/metrics.ts";
import { onShutdown } from "./platform/shutdown.ts";
import { startServer } from "./server.ts";

const env = readEnv();
const log = createLogger({ level: env.LOG_LEVEL, name: "api" });
const migrations = path.resolve(import.meta.dirname, "../../../prisma/migrations");
const applied = await applyMigrations(env.DATABASE_URL, migrations);
if (applied.length > 0) log.info({ applied }, "applied migrations");

const { deps, close } = await createDeps(env, log);
if (env.BOOTSTRAP_TOKEN) await ensureBootstrapKey(deps, env.BOOTSTRAP_TOKEN);
const metrics = createMetrics();
registerGauges(deps, metrics);
const server = await startServer(deps, { host: env.HOST, port: env.PORT, webUrl: env.WEB_URL, metrics });
log.info({ port: server.port }, "listening");
process.send?.({ ready: true, port: server.port });

onShutdown(async () => {
  await server.close();
  await close();
});
