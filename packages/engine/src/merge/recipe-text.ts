import { type Document, parseAllDocuments } from "yaml";
import { fault, RefusedError, refuse } from "./fault.ts";
import type { FidelityRow } from "./mergekit/fidelity.ts";
import { translateMergekit } from "./mergekit/translate.ts";
import { type ParseOptions, parseRecipe, type Recipe } from "./recipe.ts";
import { type Fields, isFields } from "./record.ts";
import { splitAdapter } from "./reference.ts";

const maxTextBytes = 1_000_000;
/** Enough for anchors that people write, too few for an alias bomb. */
const maxAliases = 100;
const maxStages = 64;

export interface ParsedRecipe {
  readonly recipe: Recipe;
  /** What a translation changed or left out; empty for a native recipe */
  readonly notes: readonly string[];
  /** What became of each field of a foreign recipe; null for a native recipe */
  readonly fidelity: readonly FidelityRow[] | null;
}

/** One document of a recipe in several steps. */
export interface RecipeStage extends ParsedRecipe {
  /** What later stages call its result */
  readonly name: string | null;
  /** Names of the stages whose results are models of this one */
  readonly uses: readonly string[];
}

/**
 * Reads a recipe from YAML or JSON text: the native form, or a mergekit configuration.
 * YAML 1.2 core schema: yes and no are strings, no tags, no duplicate keys, one document.
 * @throws RefusedError; its message carries line and column when the text itself is broken
 */
export function parseRecipeText(text: string, options?: ParseOptions): ParsedRecipe {
  const [value, ...others] = readYaml(text);
  if (others.length > 0) throw syntaxFault("the text contains several documents; a recipe is one, several are stages");
  return readRecipe(value, options);
}

/**
 * Reads a recipe of one or several documents, separated by ---. A document with a name can be a model of others. The stages come
 * in an order in which each finds what it uses; the last is the final one.
 * @throws RefusedError
 */
export function parseRecipeStages(text: string, options?: ParseOptions): RecipeStage[] {
  const documents = readYaml(text);
  if (documents.length > maxStages) throw refuse("RECIPE_TOO_LARGE", `A recipe has at most ${maxStages} documents.`);
  const named = documents.map((value, d) => ({ value, name: readName(value, d) }));
  const names = named.flatMap(({ name }) => name ?? []);
  const faults = named.flatMap(({ name }, d) =>
    name !== null && names.indexOf(name) < d && named.findIndex((each) => each.name === name) < d
      ? [fault("STAGE_TWICE", `Two documents are called ${JSON.stringify(name)}; rename one.`, [d, "name"])]
      : [],
  );
  if (named.filter(({ name }) => name === null).length > 1)
    faults.push(fault("STAGE_UNNAMED", "Only the last step of a recipe may have no name; name the other documents.", ["name"]));
  if (faults.length > 0) throw new RefusedError(faults);
  const stages = named.map(({ value, name }, d): RecipeStage => {
    const read = at(d, documents.length, () => readRecipe(native(value), options));
    return { name, ...read, uses: [...new Set(modelsOf(read.recipe).filter((model) => names.includes(model)))] };
  });
  return inOrder(stages);
}

function readRecipe(value: unknown, options?: ParseOptions): ParsedRecipe {
  if (!isFields(value)) return { recipe: parseRecipe(value, options), notes: [], fidelity: null };
  if ("genome" in value)
    throw refuse(
      "MERGEKIT_UNSUPPORTED",
      "This is a mergekit-evolve search, not a merge: write a recipe for one of its points, or tune its parameters in a study.",
      ["genome"],
    );
  if (!("method" in value) && ("experts" in value || "gate_mode" in value))
    throw refuse("MERGEKIT_UNSUPPORTED", "This makes a mixture of experts, which is no merge of tensors; give a merge_method.", [
      "experts",
    ]);
  const isForeign = "merge_method" in value || (!("method" in value) && ("models" in value || "modules" in value));
  if (!isForeign) return { recipe: parseRecipe(value, options), notes: [], fidelity: null };
  const { recipe, notes, fidelity } = translateMergekit(value);
  return { recipe: parseRecipe(recipe), notes, fidelity };
}

/** A native document without its name, which is no part of the recipe. */
function native(value: unknown): unknown {
  if (!isFields(value) || "merge_method" in value) return value;
  const { name: _name, ...rest } = value;
  return rest;
}

function readName(value: unknown, document: number): string | null {
  const name = isFields(value) ? (value["name"] ?? undefined) : undefined;
  if (name === undefined) return null;
  if (typeof name === "string" && name.trim() !== "" && name.length <= 200 && !name.includes("+")) return name.trim();
  throw refuse("STAGE_NAME_INVALID", "The name of a document must be a text of up to 200 characters without +.", [
    document,
    "name",
  ]);
}

function modelsOf({ base, parents, tokenizer }: Recipe): string[] {
  const tokens = Object.values(tokenizer?.tokens ?? {}).flatMap(({ source }) =>
    source !== null && "model" in source ? source.model : [],
  );
  const texts = [
    ...(base === null ? [] : [base]),
    ...parents.map(({ model }) => model),
    ...(tokenizer ? [tokenizer.source] : []),
    ...tokens,
  ];
  return texts.map((text) => splitAdapter(text)?.model ?? text);
}

/** Every stage after those that it uses, otherwise as written; the one without a name last. */
function inOrder(stages: readonly RecipeStage[]): RecipeStage[] {
  const left = [...stages.filter(({ name }) => name !== null), ...stages.filter(({ name }) => name === null)];
  const done: RecipeStage[] = [];
  while (left.length > 0) {
    const ready = left.findIndex(({ uses }) => uses.every((name) => done.some((stage) => stage.name === name)));
    const [stage] = ready < 0 ? [] : left.splice(ready, 1);
    if (stage === undefined) {
      const circle = left.flatMap(({ name }) => name ?? []).join(", ");
      throw refuse(
        "STAGE_CYCLE",
        `These documents need each other, so none can come first: ${circle}; let one use another model.`,
        ["name"],
      );
    }
    done.push(stage);
  }
  return done;
}

/** Runs a reader; with several documents, faults say in which one. */
function at<T>(document: number, count: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RefusedError) || count === 1) throw error;
    throw new RefusedError(
      error.faults.map(({ code, message, path }) => fault(code, `Document ${document + 1}: ${message}`, [document, ...path])),
    );
  }
}

function readYaml(text: string): unknown[] {
  if (Buffer.byteLength(text) > maxTextBytes) throw refuse("RECIPE_TOO_LARGE", `A recipe has at most ${maxTextBytes} bytes.`);
  try {
    const found = parseAllDocuments(text, { version: "1.2", schema: "core", uniqueKeys: true, strict: true, prettyErrors: true });
    const documents: Document[] = Array.isArray(found) ? [...found] : [];
    if (documents.length === 0) return [null];
    return documents.map((document) => {
      const [problem] = [...document.errors, ...document.warnings];
      if (problem !== undefined) throw syntaxFault(problem.message);
      return document.toJS({ maxAliasCount: maxAliases }) as Fields;
    });
  } catch (error) {
    if (error instanceof RefusedError) throw error;
    // The parser recurses: deep nesting ends in a RangeError, or in a message about the stack.
    throw syntaxFault(error instanceof Error ? error.message : String(error));
  }
}

function syntaxFault(message: string): RefusedError {
  const [first = ""] = message.split("\n");
  const why = first.replace(/:?\s*$/, "").replace("Maximum call stack size exceeded", "it nests too deeply");
  return refuse("RECIPE_SYNTAX", `The recipe is not valid YAML: ${why.replace(/\.?$/, ".")}`);
}
