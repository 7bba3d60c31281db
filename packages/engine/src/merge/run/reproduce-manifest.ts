import { z } from "zod";
import { RefusedError, refuse } from "../fault.ts";
import { methodOf, parseRecipe, type Recipe } from "../recipe.ts";
import { isFields } from "../record.ts";
import { listed, referencesIn } from "../statistics/statistic-header.ts";

const digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .nullable();
const ownFields = z.object({
  version: z.literal(1),
  identity: digest,
  /** Version of the engine that made it */
  engine: z.string().max(100).optional(),
  method: z.object({ id: z.string(), version: z.number().int() }),
  recipe: z.record(z.string(), z.unknown()),
  maxShardBytes: z.number().int().positive().optional(),
  models: z.array(z.object({ role: z.enum(["base", "parent"]), label: z.string(), digest })),
  /** Of each statistic, in the order of the recipe */
  statistics: z.array(z.object({ key: z.string().regex(/^[0-9a-f]{64}$/) })).optional(),
  files: z.array(z.object({ path: z.string().min(1), sha256: digest, sizeBytes: z.number().int().nonnegative() })),
});
/** What a manifest always says anew. */
const derived = ["excluded", "copied", "notes"];

/** What amalgam.json tells about the merge that wrote it. */
export interface Manifest extends Omit<z.infer<typeof ownFields>, "recipe"> {
  readonly recipe: Recipe;
  /** Fields that the caller of that merge had added */
  readonly extra: Readonly<Record<string, unknown>>;
}

/**
 * Reads the text of an amalgam.json.
 * @throws RefusedError when it is none, or describes a merge that this engine does not know
 */
export function parseManifest(text: string, label: string): Manifest {
  const invalid = (why: string) => refuse("MANIFEST_INVALID", `${label} is not the manifest of a merge: ${why}.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid("it is not JSON");
  }
  if (!isFields(value)) throw invalid("it is not a JSON object");
  const read = ownFields.safeParse(value);
  const [issue] = read.error?.issues ?? [];
  if (!read.success) throw invalid(`${issue?.path.join(".") || "it"}: ${issue?.message ?? "it cannot be read"}`);
  const recipe = readRecipe(read.data.recipe, label);
  const count = recipe.parents.length + (recipe.base === null ? 0 : 1);
  if (read.data.models.length !== count) throw invalid(`it lists ${read.data.models.length} models, and its recipe has ${count}`);
  const measured = listed(referencesIn(recipe)).length;
  if ((read.data.statistics ?? []).length !== measured)
    throw invalid(`it lists ${(read.data.statistics ?? []).length} statistics, and its recipe has ${measured}`);
  const known = [...Object.keys(ownFields.shape), ...derived];
  return { ...read.data, recipe, extra: Object.fromEntries(Object.entries(value).filter(([name]) => !known.includes(name))) };
}

function readRecipe(value: unknown, label: string): Recipe {
  try {
    return parseRecipe(value);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    throw new RefusedError(
      error.faults.map((each) => ({ ...each, message: `${label}: ${each.message}`, path: ["recipe", ...each.path] })),
    );
  }
}

/** Why the merge need not give the same bytes any more; null when it must. */
export function methodChange({ method, recipe }: Manifest): string | null {
  const { version } = methodOf(recipe);
  if (method.version === version) return null;
  return `The merge was made with version ${method.version} of ${method.id}, and this is version ${version}, whose results differ.`;
}
