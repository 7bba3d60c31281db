import type { Deps } from "../deps.ts";
import { RunState } from "../generated/prisma/client.ts";
import type { Metrics } from "../platform/metrics.ts";

/** Numbers of the registry for a scraper. */
export function registerGauges({ db }: Deps, metrics: Metrics): void {
  for (const state of Object.values(RunState))
    metrics.gauge(`amalgam_runs_${state.toLowerCase()}`, `Runs in the state ${state}`, () => db.run.count({ where: { state } }));
  metrics.gauge("amalgam_stored_bytes", "Bytes in the blob store", async () => {
    const { _sum } = await db.blob.aggregate({ _sum: { sizeBytes: true } });
    return Number(_sum.sizeBytes ?? 0n);
  });
}
