import { z } from "zod";
import { isFields } from "../record.ts";
import { fileFields, type TokenizerFile, textOf } from "./tokenizer-file.ts";

/** Templates that mergekit keeps inside itself, under these names. */
const builtinNames = ["alpaca", "chatml", "llama3", "mistral", "exaone"];

/**
 * Which chat template the result gets. Templates are data here: nothing renders them.
 * The names of mergekit's own templates are refused, because their text is not part of this program.
 */
export const chatTemplatePolicy = z
  .string()
  .min(1)
  .max(1_000_000)
  .superRefine((value, context) => {
    if (value === "auto") return;
    if (builtinNames.includes(value.trim()))
      context.addIssue({
        code: "custom",
        message: `The built-in chat template ${value.trim()} is not supported; give the template itself, or "auto".`,
      });
    else if (!/\{\{|\{%/.test(value))
      context.addIssue({ code: "custom", message: 'Give "auto" or a Jinja template: this text has no {{ or {% in it.' });
  })
  .describe('"auto": the template that most models of the merge have; else a Jinja template');

/** The chat template of a model, of several the one named default; null when it has none. */
export function chatTemplateOf(files: readonly TokenizerFile[], label: string): string | null {
  const text = textOf(files, "chat_template.jinja", label);
  if (text !== null) return text;
  const template = fileFields(files, "tokenizer_config.json", label)?.["chat_template"];
  if (typeof template === "string") return template;
  if (!Array.isArray(template)) return null;
  const named = template.filter(isFields).find((entry) => entry["name"] === "default");
  return typeof named?.["template"] === "string" ? named["template"] : null;
}

/**
 * The template of the result.
 * @param choice "auto", a template, or null to keep the owner's
 * @param templates of each model
 * @param preferred index of the base, else of the owner; its template wins among equally common ones
 * @returns null to keep what the owner has
 */
export function chooseChatTemplate(
  choice: string | null,
  templates: readonly (string | null)[],
  preferred: number,
): string | null {
  if (choice !== "auto") return choice;
  const counts = new Map<string, number>();
  const ordered = [templates[preferred] ?? null, ...templates.filter((_, i) => i !== preferred)];
  for (const template of ordered) if (template !== null) counts.set(template, (counts.get(template) ?? 0) + 1);
  let best: string | null = null;
  // Entries stand in the order of preference, so only a larger count takes over.
  for (const [template, count] of counts) if (best === null || count > (counts.get(best) ?? 0)) best = template;
  return best;
}
