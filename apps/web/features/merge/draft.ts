/** A merge being put together. It lives in the address, so a link is the draft. */
export interface Draft {
  /** Engine id, e.g. task_arithmetic. */
  method: string;
  base: string | null;
  parents: readonly DraftParent[];
  parameters: Readonly<Record<string, unknown>>;
  dtype: string | null;
  exclude: readonly string[];
  seed: number;
  /** namespace/name of the result; null while the proposed name stands. */
  name: string | null;
}

export interface DraftParent {
  model: string;
  /** Null: the method's default, 1. */
  weight: number | null;
}

export const emptyDraft: Draft = {
  method: "task_arithmetic",
  base: null,
  parents: [],
  parameters: {},
  dtype: null,
  exclude: [],
  seed: 0,
  name: null,
};

export const dtypes = ["F32", "F16", "BF16"] as const;
const mostParents = 64;

type Query = URLSearchParams | Record<string, string | string[] | undefined>;

/** The draft an address holds; what it does not know or cannot read is left at its default. */
export function readDraft(query: Query): Draft {
  const all = entries(query);
  const one = (key: string) => all.find(([name]) => name === key)?.[1] || null;
  const parameters: Record<string, unknown> = {};
  for (const [key, value] of all) {
    const name = /^x\.([a-z][a-z0-9_]*)$/i.exec(key)?.[1];
    if (name) parameters[name] = parseJson(value);
  }
  return {
    method: one("method") ?? emptyDraft.method,
    base: one("base"),
    parents: all
      .filter(([key]) => key === "p")
      .slice(0, mostParents)
      .map(([, value]) => readParent(value)),
    parameters,
    dtype: dtypes.find((dtype) => dtype === one("dtype")) ?? null,
    exclude: all.filter(([key]) => key === "not").map(([, value]) => value),
    seed: Number.parseInt(one("seed") ?? "0", 10) || 0,
    name: one("as"),
  };
}

export function writeDraft(draft: Draft): string {
  const query = new URLSearchParams();
  query.set("method", draft.method);
  if (draft.base) query.set("base", draft.base);
  for (const parent of draft.parents)
    query.append("p", parent.weight === null ? parent.model : `${parent.model}~${parent.weight}`);
  for (const [name, value] of Object.entries(draft.parameters)) query.set(`x.${name}`, JSON.stringify(value));
  if (draft.dtype) query.set("dtype", draft.dtype);
  for (const pattern of draft.exclude) query.append("not", pattern);
  if (draft.seed) query.set("seed", String(draft.seed));
  if (draft.name) query.set("as", draft.name);
  // Slashes and @ are legal in a query and keep the link readable.
  return query.toString().replaceAll("%2F", "/").replaceAll("%40", "@").replaceAll("%7E", "~");
}

/** What a method asks for, as the API describes it. */
export interface MethodShape {
  name: string;
  needsBase: boolean;
  perParentWeight: boolean;
}

/** The recipe of a draft: only what the method takes, so that switching methods never leaves a stray key behind. */
export function toRecipe(draft: Draft, method: MethodShape, known: ReadonlySet<string>): Record<string, unknown> {
  const parameters = Object.fromEntries(Object.entries(draft.parameters).filter(([name]) => known.has(name)));
  return {
    version: 1,
    method: draft.method,
    ...(method.needsBase && draft.base ? { base: draft.base } : {}),
    parents: draft.parents.map((parent) => ({
      model: parent.model,
      ...(method.perParentWeight ? { weight: parent.weight ?? 1 } : {}),
    })),
    ...(Object.keys(parameters).length > 0 ? { parameters } : {}),
    ...(draft.exclude.length > 0 ? { exclude: [...draft.exclude] } : {}),
    ...(draft.dtype ? { dtype: draft.dtype } : {}),
    ...(draft.seed ? { seed: draft.seed } : {}),
  };
}

/** A stored recipe as the query of a workbench link. */
export function recipeToQuery(recipe: unknown): string {
  if (!isRecord(recipe)) return "";
  const parents = Array.isArray(recipe["parents"]) ? recipe["parents"].filter(isRecord) : [];
  return writeDraft({
    ...emptyDraft,
    method: text(recipe["method"]) ?? emptyDraft.method,
    base: text(recipe["base"]),
    parents: parents.flatMap((parent) => {
      const model = text(parent["model"]);
      return model ? [{ model, weight: typeof parent["weight"] === "number" ? parent["weight"] : null }] : [];
    }),
    parameters: isRecord(recipe["parameters"]) ? recipe["parameters"] : {},
    dtype: dtypes.find((dtype) => dtype === recipe["dtype"]) ?? null,
    exclude: Array.isArray(recipe["exclude"]) ? recipe["exclude"].filter((item) => typeof item === "string") : [],
    seed: typeof recipe["seed"] === "number" ? recipe["seed"] : 0,
  });
}

/**
 * The coefficients to draw while a slider moves, before the server has answered. Derived from what the method declares:
 * weights, their scale `lambda`, `normalize`, or the one number `t` between two parents.
 */
export function previewCoefficients(
  draft: Draft,
  perParentWeight: boolean,
  parameters: Readonly<Record<string, unknown>>,
): (number | null)[] {
  const t = parameters["t"];
  if (!perParentWeight && draft.parents.length === 2 && typeof t === "number") return [1 - t, t];
  if (!perParentWeight) return draft.parents.map(() => (draft.parents.length === 1 ? 1 : null));
  const weights = draft.parents.map((parent) => parent.weight ?? 1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const scale = typeof parameters["lambda"] === "number" ? parameters["lambda"] : 1;
  const divisor = parameters["normalize"] === true && total !== 0 ? total : 1;
  return weights.map((weight) => (weight * scale) / divisor);
}

/** six-tasks/task-arithmetic for a task_arithmetic of six-tasks models. */
export function proposedName(draft: Draft, namespaces: readonly string[]): string {
  const namespace = draft.parents[0]?.model.split("/")[0] ?? draft.base?.split("/")[0] ?? namespaces[0] ?? "local";
  return `${namespace}/${draft.method.replaceAll("_", "-")}`;
}

export function splitName(name: string): { namespace: string; name: string } | null {
  const found = /^([a-z0-9][a-z0-9._-]*)\/([a-z0-9][a-z0-9._-]*)$/i.exec(name.trim());
  return found?.[1] && found[2] ? { namespace: found[1], name: found[2] } : null;
}

function readParent(value: string): DraftParent {
  const [model = "", weight] = value.split("~");
  const number = weight === undefined ? Number.NaN : Number(weight);
  return { model, weight: Number.isFinite(number) ? number : null };
}

function entries(query: Query): [string, string][] {
  if (query instanceof URLSearchParams) return [...query];
  return Object.entries(query).flatMap(([key, value]) => [value ?? []].flat().map((item): [string, string] => [key, item]));
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
