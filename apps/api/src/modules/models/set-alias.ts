import { z } from "zod";
import type { Deps } from "../../deps.ts";
import type { Prisma } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { aliasSchema } from "../names.ts";
import { parseInput } from "../refuse.ts";
import { loadReadyVersion, type ReadyVersion } from "./load-ready-version.ts";

const inputSchema = z.object({ ref: z.string().max(300), alias: aliasSchema });

/** Points the alias at a version that is ready, from wherever it pointed before. */
export async function setAlias(deps: Deps, actor: Actor, input: unknown): Promise<ReadyVersion> {
  authorise(actor, "write");
  const { ref, alias } = parseInput(inputSchema, input);
  const version = await loadReadyVersion(deps, ref, ["ref"]);
  await moveAliases(deps.db, version, [alias]);
  return version;
}

export async function moveAliases(
  db: Prisma.TransactionClient,
  version: { readonly id: string; readonly modelId: string },
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    const where = { modelId_name: { modelId: version.modelId, name } };
    const create = { modelId: version.modelId, versionId: version.id, name };
    await db.alias.upsert({ where, create, update: { versionId: version.id } });
  }
}
