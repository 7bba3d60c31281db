import { parseRecipe, type Recipe } from "@amalgam/engine/merge";
import type { Params, Space } from "@amalgam/engine/tune";

interface CoordinateName {
  readonly name: string;
  /** Of which parent, or of all alike; null: of the merge */
  readonly parent: number | "all" | null;
  /** Part of the names of the tensors it holds for; null: all */
  readonly filter: string | null;
}

/** Reads `lambda`, `weight[0]`, `density[*]`, `t{self_attn}` or `weight[1]{mlp}`; null when it is none of them. */
export function parseCoordinateName(text: string): CoordinateName | null {
  const match = /^([A-Za-z]\w{0,63})(?:\[(\d{1,4}|\*)\])?(?:\{([^{}]{1,200})\})?$/.exec(text);
  if (!match?.[1]) return null;
  const parent = match[2] === undefined ? null : match[2] === "*" ? "all" : Number(match[2]);
  return { name: match[1], parent, filter: match[3] ?? null };
}

type Fields = Record<string, unknown>;
type Case = { readonly filter?: string; readonly value: unknown };

const isCases = (value: unknown): value is Case[] =>
  Array.isArray(value) && value.some((each) => typeof each === "object" && each !== null);

/**
 * The recipe with these numbers in their places. A number for some tensors only becomes a case that goes before what the recipe says.
 * @throws RefusedError when the method refuses the numbers, such as weights that are all 0
 */
export function recipeAt(recipe: Recipe, params: Params): Recipe {
  const parents: Fields[] = recipe.parents.map((parent) => ({ ...parent }));
  const parameters: Fields = { ...recipe.parameters };
  const named = Object.entries(params).flatMap(([text, value]) => {
    const place = parseCoordinateName(text);
    return place === null ? [] : [{ place, value }];
  });
  // From the general to the special: all parents before one, all tensors before some, so that cases are put before them.
  const rank = ({ place: { parent, filter } }: (typeof named)[number]) => (filter === null ? 0 : 2) + (parent === "all" ? 0 : 1);
  for (const { place, value } of named.sort((a, b) => rank(a) - rank(b))) {
    const { name, parent, filter } = place;
    for (const fields of parent === null ? [parameters] : parent === "all" ? parents : parents.slice(parent, parent + 1)) {
      const behind = fields[name];
      fields[name] = filter === null ? value : [{ filter, value }, ...(isCases(behind) ? behind : [{ value: behind }])];
    }
  }
  return parseRecipe({ ...recipe, parents, parameters });
}

/** What the recipe itself says at each coordinate, where that is one number; the middle of the range elsewhere. */
export function paramsOf(recipe: Recipe, space: Space): Params {
  return Object.fromEntries(
    space.map(({ name: text, low, high, log = false }) => {
      const place = parseCoordinateName(text);
      const own = place?.parent === "all" ? 0 : place?.parent;
      const fields: Readonly<Record<string, unknown>> | undefined = own == null ? recipe.parameters : recipe.parents[own];
      const value = place === null ? undefined : fields?.[place.name];
      return [text, typeof value === "number" ? value : log ? Math.sqrt(low * high) : (low + high) / 2];
    }),
  );
}

/**
 * Points to try first: the recipe as it stands, and for a factor of summed task vectors the usual ones: 0.3, 1/M (the average) and 1.
 * Those outside the space are left out.
 */
export function anchorsOf(recipe: Recipe, space: Space): Params[] {
  const start = paramsOf(recipe, space);
  const factors = space.filter(({ name }) => parseCoordinateName(name)?.name === "lambda").map(({ name }) => name);
  const usual = factors.length === 0 ? [] : [0.3, 1 / recipe.parents.length, 1];
  const points = [start, ...usual.map((value) => ({ ...start, ...Object.fromEntries(factors.map((name) => [name, value])) }))];
  return points.filter((point) =>
    space.every(({ name, low, high }) => (point[name] ?? Number.NaN) >= low && (point[name] ?? Number.NaN) <= high),
  );
}
