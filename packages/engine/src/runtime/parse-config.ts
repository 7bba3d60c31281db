import { z } from "zod";

/** A whole number of things, at least one. The limits keep a hostile config from asking for memory that no model has. */
export const countUpTo = (limit: number) => z.number().int().min(1).max(limit);

/** Weights stored as codes of another type: their numbers would be read as they lie. */
export const notQuantised = z.null({ error: "quantised weights are not run here" }).optional();

/** A number of layers; a network may have none. */
export const layerCount = z.number().int().min(0).max(1_000);

const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 100) ?? "nothing";

/** A key that would change what the network computes, and that is implemented for one value: any other is refused, not ignored. */
export const only = <T extends string | number | boolean>(value: T) =>
  z.literal(value, { error: ({ input }) => `${shown(input)} is not implemented here, only ${shown(value)}` });

/** A name out of those that are implemented. */
export const oneOf = <T extends string>(names: readonly T[]) =>
  z.enum(names, { error: ({ input }) => `${shown(input)} is not implemented here; ${names.join(", ")} are` });

/** Throws where the attention heads do not share the width evenly. */
export function checkHeads(config: { hidden_size: number; num_attention_heads: number }, where: string): void {
  const { hidden_size: width, num_attention_heads: heads } = config;
  if (width % heads !== 0) throw new Error(`${where}: num_attention_heads: ${heads} heads do not divide hidden_size ${width}.`);
}

/**
 * Checks a parsed `config.json` by the schema of its architecture. Throws an Error whose message names `where`, the key and what it
 * should be. Code named by the file (`auto_map`) is never run; a config that asks for it is refused.
 */
export function parseConfig<T extends z.ZodType>(schema: T, value: unknown, where: string): z.output<T> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const key = issue?.path.join(".") || "the file";
    throw new Error(`${where}: ${key}: ${issue?.message ?? "not a configuration of this architecture"}.`);
  }
  if (typeof value === "object" && value !== null && "auto_map" in value) {
    throw new Error(`${where}: auto_map: models that bring their own code are not run; remove the key.`);
  }
  return parsed.data;
}
