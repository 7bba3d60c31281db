import { parseDocument } from "yaml";
import { RefusedError, refuse } from "./fault.ts";
import { translateMergekit } from "./mergekit.ts";
import { parseRecipe, type Recipe } from "./recipe.ts";
import { isFields } from "./record.ts";

const maxTextBytes = 1_000_000;
/** Enough for anchors that people write, too few for an alias bomb. */
const maxAliases = 100;

export interface ParsedRecipe {
  readonly recipe: Recipe;
  /** What a translation changed or left out; empty for a native recipe */
  readonly notes: readonly string[];
}

/**
 * Reads a recipe from YAML or JSON text: the native form, or a mergekit configuration of a method that exists here.
 * YAML 1.2 core schema: yes and no are strings, no tags, no duplicate keys, one document.
 * @throws RefusedError; its message carries line and column when the text itself is broken
 */
export function parseRecipeText(text: string): ParsedRecipe {
  const value = readYaml(text);
  if (isFields(value) && "merge_method" in value) {
    const { recipe, notes } = translateMergekit(value);
    return { recipe: parseRecipe(recipe), notes };
  }
  return { recipe: parseRecipe(value), notes: [] };
}

function readYaml(text: string): unknown {
  if (Buffer.byteLength(text) > maxTextBytes) throw refuse("RECIPE_TOO_LARGE", `A recipe has at most ${maxTextBytes} bytes.`);
  try {
    const document = parseDocument(text, { version: "1.2", schema: "core", uniqueKeys: true, strict: true, prettyErrors: true });
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw syntaxFault(problem.message);
    return document.toJS({ maxAliasCount: maxAliases });
  } catch (error) {
    if (error instanceof RefusedError) throw error;
    // The parser recurses: deep nesting ends in a RangeError, or in a message about the stack.
    throw syntaxFault(error instanceof Error ? error.message : String(error));
  }
}

function syntaxFault(message: string): RefusedError {
  const [first = ""] = message.split("\n");
  const why = first
    .replace(/:?\s*$/, "")
    .replace("Maximum call stack size exceeded", "it nests too deeply")
    .replace(/; please use YAML\.parseAllDocuments\(\)/, "; a recipe is one");
  return refuse("RECIPE_SYNTAX", `The recipe is not valid YAML: ${why.replace(/\.?$/, ".")}`);
}
