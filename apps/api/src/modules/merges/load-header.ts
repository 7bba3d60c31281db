import { type Dtype, isDtype } from "@amalgam/engine/formats";
import type { CheckpointHeader } from "@amalgam/engine/merge";
import type { Deps } from "../../deps.ts";
import type { ReadyVersion } from "../models/load-ready-version.ts";
import { formatRef } from "../models/version-ref.ts";
import { weightFiles } from "../models/weight-files.ts";

/** What a plan needs to know of a version, from rows alone: no byte of the checkpoint is read. */
export async function loadHeader(deps: Deps, version: ReadyVersion): Promise<CheckpointHeader> {
  const files = await deps.db.file.findMany({ where: { versionId: version.id } });
  const rows = await deps.db.tensorInfo.findMany({
    where: { blobSha256: { in: weightFiles(files).map(({ sha256 }) => sha256) } },
    select: { name: true, dtype: true, shape: true },
    orderBy: { name: "asc" },
  });
  return {
    label: formatRef(version),
    config: version.config as Record<string, unknown> | null,
    space: version.space === "delta" ? "delta" : "weights",
    tensors: rows.map(({ name, dtype, shape }) => ({ name, dtype: known(dtype), shape })),
  };
}

function known(dtype: string): Dtype {
  if (!isDtype(dtype)) throw new Error(`The registry holds the dtype ${dtype}, which the engine does not know.`);
  return dtype;
}
