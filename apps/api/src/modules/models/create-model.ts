import { z } from "zod";
import type { Deps } from "../../deps.ts";
import type { Model } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { nameOnlySchema, namespaceSchema, textSchema } from "../names.ts";
import { parseInput } from "../refuse.ts";

const inputSchema = z.object({
  namespace: namespaceSchema,
  name: nameOnlySchema,
  description: textSchema(2000).default(""),
});

/** Makes the model, or answers the one there is. */
export async function createModel(deps: Deps, actor: Actor, input: unknown): Promise<{ model: Model; created: boolean }> {
  authorise(actor, "write");
  const { namespace, name, description } = parseInput(inputSchema, input);
  const { count } = await deps.db.model.createMany({ data: { namespace, name, description }, skipDuplicates: true });
  const model = await deps.db.model.findUniqueOrThrow({ where: { namespace_name: { namespace, name } } });
  return { model, created: count === 1 };
}
