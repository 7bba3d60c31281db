import { z } from "zod";
import type { Deps } from "../../deps.ts";
import type { ModelVersion, Prisma, Run } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { aliasSchema, nameOnlySchema, namespaceSchema, textSchema } from "../names.ts";
import { parseInput, refuse } from "../refuse.ts";
import { isUniqueViolation } from "../runs/retry-run.ts";
import { checkFilesArrived } from "../uploads/check-files-arrived.ts";
import { checkFileSet, fileInputSchema } from "./file-set.ts";
import { loadReadyVersion, type ReadyVersion } from "./load-ready-version.ts";
import { moveAliases } from "./set-alias.ts";
import { takeStrand } from "./take-strand.ts";
import { versionDigest } from "./version-digest.ts";
import { formatRef } from "./version-ref.ts";

const inputSchema = z.object({
  namespace: namespaceSchema,
  name: nameOnlySchema,
  kind: z.enum(["BASE", "FINE_TUNED", "TASK_VECTOR", "ADAPTER"], "MERGED versions come from requestMerge; register the others."),
  files: z.array(fileInputSchema).min(1, "A version has at least one file.").max(500, "A version has 500 files at most."),
  base: z.string().max(300).nullish(),
  licence: textSchema(200).nullish(),
  aliases: z.array(aliasSchema).max(20, "20 aliases at most.").nullish(),
});

type Input = z.output<typeof inputSchema>;

export interface Registered {
  readonly version: ModelVersion;
  readonly run: Run | null;
  readonly created: boolean;
}

/** Makes the next version of a model out of files that were uploaded; a run then verifies every byte. */
export async function registerVersion(deps: Deps, actor: Actor, raw: unknown): Promise<Registered> {
  authorise(actor, "write");
  const input = parseInput(inputSchema, raw);
  checkFileSet(input.files, input.kind);
  const { namespace, name } = input;
  const model = await deps.db.model.findUnique({ where: { namespace_name: { namespace, name } } });
  if (!model) refuse("NOT_FOUND", `There is no model ${namespace}/${name}. Create it first.`, ["name"]);
  const base = input.base ? await loadReadyVersion(deps, input.base, ["base"]) : null;
  const digest = versionDigest(input.files);
  const earlier = await findSame(deps, model.id, digest);
  if (earlier) return again(deps, earlier, input);
  await checkFilesArrived(deps, actor, input.files);
  try {
    const { version, run } = await deps.db.$transaction((tx) => write(tx, { modelId: model.id, namespace, input, base, digest }));
    await deps.queue.add("verify-version", run.id);
    return { version, run, created: true };
  } catch (error) {
    // Somebody registered the same bytes at the same moment.
    const winner = isUniqueViolation(error) ? await findSame(deps, model.id, digest) : null;
    if (!winner) throw error;
    return again(deps, winner, input);
  }
}

async function findSame(deps: Deps, modelId: string, digest: string): Promise<ModelVersion | null> {
  return deps.db.modelVersion.findFirst({ where: { modelId, digest, state: { not: "REJECTED" } } });
}

async function again(deps: Deps, version: ModelVersion, input: Input): Promise<Registered> {
  const run = await deps.db.run.findFirst({
    where: { versionId: version.id, kind: "VERIFICATION" },
    orderBy: { createdAt: "desc" },
  });
  const aliases = input.aliases ?? [];
  if (version.state === "READY") await moveAliases(deps.db, version, aliases);
  else await deps.db.modelVersion.update({ where: { id: version.id }, data: { wantedAliases: { push: aliases } } });
  return { version, run, created: false };
}

async function write(
  tx: Prisma.TransactionClient,
  facts: { modelId: string; namespace: string; input: Input; base: ReadyVersion | null; digest: string },
): Promise<{ version: ModelVersion; run: Run }> {
  const { modelId, namespace, input, base, digest } = facts;
  const { number, model } = await nextNumber(tx, modelId);
  if (input.kind === "FINE_TUNED" || input.kind === "ADAPTER") await takeStrand(tx, namespace, modelId);
  const version = await tx.modelVersion.create({
    data: {
      modelId,
      number,
      kind: input.kind,
      digest,
      licence: input.licence ?? null,
      sizeBytes: input.files.reduce((sum, file) => sum + file.sizeBytes, 0n),
      wantedAliases: input.aliases ?? [],
      files: { create: input.files },
      ...(base && {
        parents: { create: { parentId: base.id, role: "FINE_TUNED_FROM", parentDigest: base.digest, position: 0 } },
      }),
    },
  });
  const title = `Verify ${formatRef({ number, model })}`;
  const run = await tx.run.create({ data: { kind: "VERIFICATION", title, versionId: version.id } });
  return { version, run };
}

/** The number after the highest; the row lock makes concurrent registrations take turns. */
export async function nextNumber(tx: Prisma.TransactionClient, modelId: string) {
  await tx.$queryRaw`select 1 from "Model" where id = ${modelId} for update`;
  const model = await tx.model.findUniqueOrThrow({ where: { id: modelId } });
  const { _max } = await tx.modelVersion.aggregate({ where: { modelId }, _max: { number: true } });
  return { model, number: (_max.number ?? 0) + 1 };
}
