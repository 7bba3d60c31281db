import { type Dtype, isDtype } from "@amalgam/engine/formats";
import type { CheckpointHeader } from "@amalgam/engine/merge";
import type { Deps } from "../../deps.ts";
import type { ReadyVersion } from "../models/load-ready-version.ts";
import { parseJsonObject, readSmallFile } from "../models/read-small-file.ts";
import { formatRef } from "../models/version-ref.ts";
import { weightFiles } from "../models/weight-files.ts";
import type { LoadedModel } from "./load-tokenizers.ts";

/**
 * What a plan needs to know of a version, from rows alone: no byte of a tensor is read.
 * @param stateFile a small file that an earlier merge has left for the method; null when the method leaves none
 */
export async function loadModel(deps: Deps, version: ReadyVersion, stateFile: string | null): Promise<LoadedModel> {
  const files = await deps.db.file.findMany({ where: { versionId: version.id } });
  const rows = await deps.db.tensorInfo.findMany({
    where: { blobSha256: { in: weightFiles(files).map(({ sha256 }) => sha256) } },
    select: { name: true, dtype: true, shape: true },
    orderBy: { name: "asc" },
  });
  const state = files.find(({ path }) => path === stateFile);
  const header: CheckpointHeader = {
    label: formatRef(version),
    config: version.config as Record<string, unknown> | null,
    space: version.space === "delta" ? "delta" : "weights",
    tensors: rows.map(({ name, dtype, shape }) => ({ name, dtype: known(dtype), shape })),
    ...(state && { states: { [state.path]: parseJsonObject(state.path, await readSmallFile(deps, state)) } }),
  };
  return { header, files };
}

function known(dtype: string): Dtype {
  if (!isDtype(dtype)) throw new Error(`The registry holds the dtype ${dtype}, which the engine does not know.`);
  return dtype;
}
