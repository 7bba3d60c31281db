import { Router } from "express";
import type { Deps } from "../deps.ts";
import type { Metrics } from "../platform/metrics.ts";

/** For probes and scrapers: open to all who can reach the port, and says nothing of what is stored. */
export function healthRoutes(deps: Deps, metrics: Metrics): Router {
  const router = Router();
  router.get("/healthz", (_req, res) => void res.json({ ok: true }));
  router.get("/readyz", async (_req, res) => {
    const faults: string[] = [];
    await deps.db.$queryRaw`select 1`.catch(() => faults.push("the database does not answer"));
    await deps.store.check().catch((error: Error) => faults.push(error.message));
    res.status(faults.length === 0 ? 200 : 503).json({ ok: faults.length === 0, faults });
  });
  router.get("/metrics", metrics.serve);
  return router;
}
