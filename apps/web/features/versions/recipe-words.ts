import { plural } from "../../lib/format.ts";
import { isRecord } from "../../lib/record.ts";
import { isVarying, readSettings, type Settings, settingWords } from "../../lib/setting.ts";
import { settingLabel } from "../merge/fields.ts";

/** A name and what is set, both in words. */
export interface Said {
  label: string;
  value: string;
}

/** A model of a recipe and what the recipe says for it. */
export interface SaidModel {
  ref: string;
  adapter: string | null;
  said: Said[];
}

export interface SaidSlice {
  /** Place in the result: "Layers 0 to 7" */
  title: string;
  sources: (SaidModel & { layers: string })[];
  said: Said[];
}

/** Everything a recipe says, for reading. A recipe is data from the API: nothing about it is assumed. */
export interface RecipeParts {
  base: SaidModel | null;
  parents: SaidModel[];
  said: Said[];
  slices: SaidSlice[];
}

export function recipeParts(recipe: unknown): RecipeParts {
  if (!isRecord(recipe)) return { base: null, parents: [], said: [], slices: [] };
  return {
    base: modelOf({ model: recipe["base"], adapter: recipe["baseAdapter"] }),
    parents: listOf(recipe["parents"]).flatMap((parent) => modelOf(parent) ?? []),
    said: [...saidOf(readSettings(recipe["parameters"])), ...furtherOf(recipe)],
    slices: slicesOf(recipe["slices"]),
  };
}

export const saidOf = (settings: Settings): Said[] =>
  Object.entries(settings).map(([name, setting]) => ({ label: settingLabel(name), value: settingWords(setting) }));

/** What a recipe sets beside the method's own settings. */
export function furtherOf(recipe: Record<string, unknown>): Said[] {
  const items: Said[] = [];
  const add = (label: string, value: string | null) => value && items.push({ label, value });
  if (isRecord(recipe["tokenizer"])) add("Tokenizer", tokenizerWords(recipe["tokenizer"]).join(", "));
  if (typeof recipe["chatTemplate"] === "string") add("Chat template", chatTemplateWords(recipe["chatTemplate"]));
  if (Array.isArray(recipe["exclude"]))
    add("Leaves out", recipe["exclude"].filter((glob) => typeof glob === "string").join(", "));
  if (typeof recipe["dtype"] === "string") add("Stored as", recipe["dtype"]);
  if (typeof recipe["seed"] === "number" && recipe["seed"] !== 0) add("Seed", String(recipe["seed"]));
  return items;
}

/** "tokens of all models", then what else the policy asks for. */
export function tokenizerWords(policy: unknown): string[] {
  const { source = "union", tokens, padToMultipleOf } = isRecord(policy) ? policy : {};
  const sources: Record<string, string> = { union: "tokens of all models", base: "that of the base" };
  const rules = isRecord(tokens) ? Object.keys(tokens).length : 0;
  return [
    sources[String(source)] ?? `that of ${String(source)}`,
    ...(rules > 0 ? [`rules for ${plural(rules, "token")}`] : []),
    ...(typeof padToMultipleOf === "number" ? [`rows filled up to a multiple of ${padToMultipleOf}`] : []),
  ];
}

/** A template is a program; only its length is told. */
export function chatTemplateWords(template: unknown): string {
  const text = String(template);
  if (text === "auto") return "chosen among the parents'";
  return /[{\n]/.test(text) ? `written out, ${plural(text.length, "character")}` : text;
}

/** What stands for a coefficient that has no number: "varies" when the recipe says so, else nothing. */
export function coefficientNote(recipe: unknown, ref: string): "varies" | "" {
  if (!isRecord(recipe)) return "";
  if (listOf(recipe["slices"]).length > 0) return "varies";
  const parent = listOf(recipe["parents"]).find(({ model }) => model === ref);
  const settings = [readSettings(recipe["parameters"]), readSettings(parent)];
  return settings.some((each) => Object.values(each).some(isVarying)) ? "varies" : "";
}

function modelOf({ model, adapter, layers: _layers, ...own }: Record<string, unknown>): SaidModel | null {
  if (typeof model !== "string" || model === "") return null;
  return { ref: model, adapter: typeof adapter === "string" ? adapter : null, said: saidOf(readSettings(own)) };
}

function slicesOf(value: unknown): SaidSlice[] {
  let next = 0;
  return listOf(value).map((slice) => {
    const sources = listOf(slice["sources"]);
    const length = Math.max(0, ...sources.map((source) => lengthOf(source["layers"])));
    const title = rangeWords(next, next + length, "Layer");
    next += length;
    return {
      title,
      sources: sources.flatMap((source) => {
        const model = modelOf(source);
        const [from, to] = boundsOf(source["layers"]);
        return model ? [{ ...model, layers: rangeWords(from, to, "layer") }] : [];
      }),
      said: saidOf(readSettings(slice["parameters"])),
    };
  });
}

/** The end of a range is not included; people count both ends. */
function rangeWords(from: number, to: number, noun: string): string {
  return to - from === 1 ? `${noun} ${from}` : `${noun}s ${from} to ${to - 1}`;
}

const boundsOf = (layers: unknown): [number, number] => {
  const [from, to] = Array.isArray(layers) ? layers : [];
  return [Number(from) || 0, Number(to) || 0];
};
const lengthOf = (layers: unknown) => {
  const [from, to] = boundsOf(layers);
  return to - from;
};
const listOf = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isRecord) : []);
