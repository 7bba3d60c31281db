import type { Deps } from "../../deps.ts";
import type { ReadyVersion } from "../models/load-ready-version.ts";
import { formatRef } from "../models/version-ref.ts";
import { refuse } from "../refuse.ts";

/** Where architectures keep the matrix with one row for each label. */
const heads = ["classifier.weight", "classifier.out_proj.weight", "classifier.1.weight", "zero_shot.weight"];

/** The expert must carry a classification head with one row for each label. */
export async function checkHead(deps: Deps, expert: ReadyVersion, labelCount: number): Promise<void> {
  const where = { name: { in: heads }, blob: { files: { some: { versionId: expert.id } } } };
  const found = await deps.db.tensorInfo.findMany({ where });
  const [weight] = found.sort((a, b) => heads.indexOf(a.name) - heads.indexOf(b.name));
  if (!weight)
    refuse("NO_HEAD", `${formatRef(expert)} has no tensor classifier.weight, so it cannot lend its label head.`, ["expert"]);
  if (weight.shape[0] !== labelCount)
    refuse("HEAD_MISMATCH", `The head of ${formatRef(expert)} has ${weight.shape[0]} labels, but the task lists ${labelCount}.`, [
      "labels",
    ]);
}
