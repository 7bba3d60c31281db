import type { Deps } from "../../deps.ts";
import { parseRef } from "../models/version-ref.ts";
import { refuse } from "../refuse.ts";

const withSplits = { splits: { orderBy: { name: "asc" }, include: { blob: true } } } as const;

/** The version behind namespace/name or namespace/name@number, with its splits. `path` locates the ref in the caller's input. */
export async function findDatasetVersion(deps: Deps, ref: string, path: readonly (string | number)[]) {
  const parsed = parseRef(ref);
  const number = parsed?.selector ?? undefined;
  const version =
    parsed && typeof number !== "string"
      ? await deps.db.datasetVersion.findFirst({
          where: { dataset: { namespace: parsed.namespace, name: parsed.name }, ...(number === undefined ? {} : { number }) },
          orderBy: { number: "desc" },
          include: withSplits,
        })
      : null;
  if (!version)
    refuse("NOT_FOUND", `There is no data set ${JSON.stringify(ref.slice(0, 200))}. Write it as namespace/name@number.`, path);
  return version;
}
