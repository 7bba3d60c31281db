import type { MergeMethodBase } from "../../gql/graphql.ts";
import { isRecord } from "../../lib/record.ts";
import { readSetting, readSettings, type Setting, type Settings } from "../../lib/setting.ts";
import type { Field } from "./fields.ts";
import { type MeasureDraft, readMeasure, usualMeasure, writeMeasure } from "./measure-draft.ts";

/** A merge being put together. It lives in the address, so a link is the draft. */
export interface Draft {
  /** Engine id, e.g. task_arithmetic. */
  method: string;
  base: string | null;
  parents: readonly DraftParent[];
  parameters: Settings;
  dtype: string | null;
  exclude: readonly string[];
  seed: number;
  /** What a recipe may hold beyond that; the form names it and can drop it. */
  others: Readonly<Partial<Record<OtherPart, unknown>>>;
  /** namespace/name of the result; null while the proposed name stands. */
  name: string | null;
  /** namespace/name of the suite that the result is judged on; null: none. */
  suite: string | null;
  /** How the models are measured, for methods that need it. */
  measure: MeasureDraft;
}

export interface DraftParent {
  model: string;
  /** What the recipe says for this parent; what is left out has the method's default. */
  own: Settings;
}

export const otherParts = ["baseAdapter", "slices", "tokenizer", "chatTemplate"] as const;
export type OtherPart = (typeof otherParts)[number];

export const emptyDraft: Draft = {
  method: "task_arithmetic",
  base: null,
  parents: [],
  parameters: {},
  dtype: null,
  exclude: [],
  seed: 0,
  others: {},
  name: null,
  suite: null,
  measure: usualMeasure,
};

export const dtypes = ["F32", "F16", "BF16"] as const;
const mostParents = 64;

type Query = URLSearchParams | Record<string, string | string[] | undefined>;

/** The draft an address holds; what it does not know or cannot read is left at its default. */
export function readDraft(query: Query): Draft {
  const all = entries(query);
  const one = (key: string) => all.find(([name]) => name === key)?.[1] || null;
  const parameters: Record<string, unknown> = {};
  const others: Record<string, unknown> = {};
  for (const [key, value] of all) {
    const name = /^x\.([a-z][a-z0-9_]*)$/i.exec(key)?.[1];
    if (name) parameters[name] = parseJson(value);
    const part = otherParts.find((each) => key === `r.${each}`);
    if (part) others[part] = parseJson(value);
  }
  return {
    method: one("method") ?? emptyDraft.method,
    base: one("base"),
    parents: all
      .filter(([key]) => key === "p")
      .slice(0, mostParents)
      .map(([, value]) => readParent(value)),
    parameters: readSettings(parameters),
    dtype: dtypes.find((dtype) => dtype === one("dtype")) ?? null,
    exclude: all.filter(([key]) => key === "not").map(([, value]) => value),
    seed: Number.parseInt(one("seed") ?? "0", 10) || 0,
    others,
    name: one("as"),
    suite: one("on"),
    measure: readMeasure(one("measure")),
  };
}

export function writeDraft(draft: Draft): string {
  const query = new URLSearchParams();
  query.set("method", draft.method);
  if (draft.base) query.set("base", draft.base);
  for (const parent of draft.parents) query.append("p", writeParent(parent));
  for (const [name, value] of Object.entries(draft.parameters)) query.set(`x.${name}`, JSON.stringify(value));
  for (const [part, value] of Object.entries(draft.others)) query.set(`r.${part}`, JSON.stringify(value));
  if (draft.dtype) query.set("dtype", draft.dtype);
  for (const pattern of draft.exclude) query.append("not", pattern);
  if (draft.seed) query.set("seed", String(draft.seed));
  if (draft.name) query.set("as", draft.name);
  if (draft.suite) query.set("on", draft.suite);
  const measure = writeMeasure(draft.measure);
  if (measure) query.set("measure", measure);
  // These are legal in a query and keep the link readable.
  return query.toString().replace(/%(2F|40|7E|3A|2C)/g, decodeURIComponent);
}

/** What a method asks for, as the API describes it. */
export interface MethodShape {
  base: MergeMethodBase;
  parameters: readonly Field[];
  own: readonly Field[];
}

/** The recipe of a draft: only what the method takes, so that switching methods never leaves a stray key behind. */
export function toRecipe(draft: Draft, method: MethodShape): Record<string, unknown> {
  const parameters = known(draft.parameters, method.parameters);
  const base = method.base === "NONE" ? null : draft.base;
  const { baseAdapter, ...others } = draft.others;
  return {
    version: 1,
    method: draft.method,
    ...(base ? { base, ...(baseAdapter === undefined ? {} : { baseAdapter }) } : {}),
    parents: draft.parents.map(({ model, own }) => ({ model, ...ownOf(own, method.own) })),
    ...(Object.keys(parameters).length > 0 ? { parameters } : {}),
    ...others,
    ...(draft.exclude.length > 0 ? { exclude: [...draft.exclude] } : {}),
    ...(draft.dtype ? { dtype: draft.dtype } : {}),
    ...(draft.seed ? { seed: draft.seed } : {}),
  };
}

const known = (given: Settings, fields: readonly Field[]): Record<string, Setting> =>
  Object.fromEntries(Object.entries(given).filter(([name]) => fields.some((field) => field.name === name)));

/** A weight is written even where it is the default, since it is what a mixture is read for. */
function ownOf(own: Settings, fields: readonly Field[]): Record<string, Setting> {
  const weight = fields.find((field) => field.name === "weight")?.initial;
  const { adapter } = own;
  return {
    ...(adapter === undefined ? {} : { adapter }),
    ...(typeof weight === "number" ? { weight } : {}),
    ...known(own, fields),
  };
}

/** A stored recipe as the query of a workbench link. */
export function recipeToQuery(recipe: unknown): string {
  return isRecord(recipe) ? writeDraft(recipeToDraft(recipe)) : "";
}

/** A recipe is data from the API: what cannot be read is left at its default. */
export function recipeToDraft(recipe: unknown): Draft {
  if (!isRecord(recipe)) return emptyDraft;
  const parents = Array.isArray(recipe["parents"]) ? recipe["parents"].filter(isRecord) : [];
  return {
    ...emptyDraft,
    method: text(recipe["method"]) ?? emptyDraft.method,
    base: text(recipe["base"]),
    parents: parents.flatMap(({ model, ...own }) => {
      const ref = text(model);
      return ref ? [{ model: ref, own: readSettings(own) }] : [];
    }),
    parameters: readSettings(recipe["parameters"]),
    dtype: dtypes.find((dtype) => dtype === recipe["dtype"]) ?? null,
    exclude: Array.isArray(recipe["exclude"]) ? recipe["exclude"].filter((item) => typeof item === "string") : [],
    seed: typeof recipe["seed"] === "number" ? recipe["seed"] : 0,
    others: Object.fromEntries(otherParts.filter((part) => recipe[part] != null).map((part) => [part, recipe[part]])),
  };
}

/**
 * The coefficients to draw while a slider moves, before the server has answered. Derived from what the method declares:
 * weights, their scale `lambda`, `normalize`, or the one number `t` between two parents. What varies has no number.
 */
export function previewCoefficients(draft: Draft, weight: number | null, parameters: Settings): (number | null)[] {
  const none = draft.parents.map(() => null);
  if (draft.others.slices !== undefined) return none;
  const t = parameters["t"];
  if (weight === null && draft.parents.length === 2 && typeof t === "number") return [1 - t, t];
  if (weight === null) return draft.parents.length === 1 ? [1] : none;
  const weights = draft.parents.map(({ own }) => own["weight"] ?? weight);
  const scale = parameters["lambda"] ?? 1;
  if (typeof scale !== "number") return none;
  const isShare = parameters["normalize"] === true || parameters["normalizeWeights"] === true;
  if (isShare && !weights.every((each) => typeof each === "number")) return none;
  const total = isShare ? (weights as number[]).reduce((sum, each) => sum + each, 0) : 1;
  return weights.map((each) => (typeof each === "number" ? (each * scale) / (total || 1) : null));
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

/** spam@1~0.42~density:0.3 — a bare number is the weight; ~ inside a value is escaped as JSON can. */
function writeParent({ model, own }: DraftParent): string {
  const { weight, ...rest } = own;
  const named = Object.entries(typeof weight === "number" || weight === undefined ? rest : own);
  const parts = named.map(([name, value]) => `${name}:${JSON.stringify(value).replaceAll("~", "\\u007e")}`);
  return [model, ...(typeof weight === "number" ? [String(weight)] : []), ...parts].join("~");
}

function readParent(text: string): DraftParent {
  const [model = "", ...parts] = text.split("~");
  const own: Record<string, Setting> = {};
  for (const part of parts) {
    const [, name, json] = /^([a-z][a-z0-9_]*):(.*)$/i.exec(part) ?? [];
    const value = readSetting(json === undefined ? parseNumber(part) : parseJson(json));
    if (value !== null) own[name ?? "weight"] = value;
  }
  return { model, own };
}

const parseNumber = (value: string) => (value.trim() === "" ? null : Number(value));

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
