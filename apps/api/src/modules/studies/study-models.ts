import { type Fault, RefusedError } from "@amalgam/engine/merge";
import type { Deps } from "../../deps.ts";
import type { File, ModelVersion } from "../../generated/prisma/client.ts";
import { fault } from "../refuse.ts";
import type { StudyView } from "./load-study.ts";

/** The study as a whole cannot go on; what is wrong is not the numbers of a trial. */
export class StudyFault extends Error {
  override readonly name = "StudyFault";
  readonly reason: Fault;
  constructor(reason: Fault) {
    super(reason.message);
    this.reason = reason;
  }
}

export type StudyModel = ModelVersion & {
  readonly digest: string;
  readonly ref: string;
  readonly files: readonly File[];
};

export interface StudyModels {
  readonly base: StudyModel | null;
  readonly parents: readonly StudyModel[];
}

/** Base and parents as they were when the study began. @throws StudyFault naming one that is gone or is not what it was */
export async function loadModels(deps: Deps, study: StudyView): Promise<StudyModels> {
  const ids = study.parents.flatMap(({ versionId }) => versionId ?? []);
  const versions = await deps.db.modelVersion.findMany({
    where: { id: { in: ids } },
    include: { files: { orderBy: { path: "asc" } } },
  });
  let base: StudyModel | null = null;
  const parents: StudyModel[] = [];
  for (const { versionId, role, ref, digest } of study.parents) {
    const version = versions.find(({ id }) => id === versionId);
    if (version === undefined)
      throw new StudyFault(
        fault("PARENT_GONE", `${ref} was deleted while the study ran, so no further trial can be merged.`, ["recipe"]),
      );
    if (version.state !== "READY" || version.digest !== digest)
      throw new StudyFault(
        fault(
          "PARENT_CHANGED",
          `${ref} is not what it was when the study began (${version.state.toLowerCase()}); start a new study.`,
          ["recipe"],
        ),
      );
    const model = { ...version, digest, ref };
    if (role === "BASE") base = model;
    else parents.push(model);
  }
  return { base, parents };
}

/** What the user reads when a step of a study was refused or went wrong for good. */
export function reasonOf(error: unknown): Fault | null {
  if (error instanceof StudyFault) return error.reason;
  if (error instanceof RefusedError) return error.faults[0] ?? null;
  return null;
}
