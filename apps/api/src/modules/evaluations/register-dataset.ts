import { createHash } from "node:crypto";
import { z } from "zod";
import type { Deps } from "../../deps.ts";
import type { DatasetVersion } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { nameOnlySchema, namespaceSchema, textSchema } from "../names.ts";
import { parseInput, refuse } from "../refuse.ts";
import { isUniqueViolation } from "../runs/retry-run.ts";
import { checkFilesArrived } from "../uploads/check-files-arrived.ts";
import { storeSplit } from "./read-split.ts";
import { splitFileSchema } from "./task-input.ts";

const inputSchema = z.object({
  namespace: namespaceSchema,
  name: nameOnlySchema,
  title: textSchema(200).min(1, "The title is empty."),
  licence: textSchema(100).nullish(),
  splits: z
    .array(z.object({ name: nameOnlySchema, file: splitFileSchema }))
    .min(1, "A data set has at least one split.")
    .max(20, "A data set has 20 splits at most."),
});

type Input = z.output<typeof inputSchema>;

/** Registers files under a name, as its next version; files that it has in a version already answer that version. */
export async function registerDataset(
  deps: Deps,
  actor: Actor,
  raw: unknown,
): Promise<{ version: DatasetVersion; created: boolean }> {
  authorise(actor, "write");
  const input = parseInput(inputSchema, raw);
  const names = input.splits.map(({ name }) => name);
  const twice = names.findIndex((name, i) => names.indexOf(name) < i);
  if (twice >= 0) refuse("SPLIT_TWICE", `Two splits have the name ${names[twice]}.`, ["splits", twice, "name"]);
  const digest = digestOf(input);
  const earlier = await findVersion(deps, input, digest);
  if (earlier) return { version: earlier, created: false };
  await checkFilesArrived(
    deps,
    actor,
    input.splits.map(({ file }) => file),
  );
  for (const [i, { file }] of input.splits.entries()) await storeSplit(deps, file, ["splits", i, "file"]);
  try {
    return { version: await createVersion(deps, input, digest), created: true };
  } catch (error) {
    const winner = isUniqueViolation(error) ? await findVersion(deps, input, digest) : null;
    if (winner) return { version: winner, created: false };
    if (isUniqueViolation(error))
      refuse("CONFLICT", `Another version of ${input.namespace}/${input.name} was registered at the same moment. Ask again.`, [
        "name",
      ]);
    throw error;
  }
}

/** sha256 of a line `name sha256` for each split, by name: what a version is, whatever its files are called. */
function digestOf({ splits }: Pick<Input, "splits">): string {
  const lines = splits.map(({ name, file }) => `${name} ${file.sha256}\n`).sort();
  return createHash("sha256").update(lines.join("")).digest("hex");
}

function findVersion(deps: Deps, { namespace, name }: Input, digest: string): Promise<DatasetVersion | null> {
  return deps.db.datasetVersion.findFirst({ where: { digest, dataset: { namespace, name } } });
}

function createVersion(deps: Deps, { namespace, name, title, licence, splits }: Input, digest: string): Promise<DatasetVersion> {
  return deps.db.$transaction(async (tx) => {
    const where = { namespace_name: { namespace, name } };
    const dataset = await tx.dataset.upsert({ where, create: { namespace, name, title }, update: {} });
    const last = await tx.datasetVersion.findFirst({ where: { datasetId: dataset.id }, orderBy: { number: "desc" } });
    return tx.datasetVersion.create({
      data: {
        datasetId: dataset.id,
        number: (last?.number ?? 0) + 1,
        digest,
        licence: licence ?? null,
        splits: { create: splits.map((split) => ({ name: split.name, path: split.file.path, blobSha256: split.file.sha256 })) },
      },
    });
  });
}
