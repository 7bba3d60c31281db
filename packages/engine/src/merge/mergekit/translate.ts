import { RefusedError } from "../fault.ts";
import { nearestKey } from "../nearest-key.ts";
import type { Fields } from "../record.ts";
import { FidelityReport, type FidelityRow } from "./fidelity.ts";
import { isMergekitMethod, type MethodRules, mergeMethodNames, rulesOf } from "./method-rules.ts";
import { readDocument } from "./read-document.ts";
import { readDtype, readOwnBlock, readText } from "./read-options.ts";
import { readTokenizer } from "./tokenizer.ts";
import { translateBody } from "./translate-body.ts";

export interface Translation {
  /** In native form, to be parsed */
  readonly recipe: Fields;
  /** What is approximated; empty when the recipe says the same */
  readonly notes: readonly string[];
  readonly fidelity: readonly FidelityRow[];
}

/**
 * Translates a mergekit configuration into a native recipe. What cannot be kept exactly is a note; what would change the meaning
 * is refused.
 * @throws RefusedError with one fault for each field that is refused
 */
export function translateMergekit(config: Fields): Translation {
  const { recipe, report } = readMergekit(config);
  if (recipe === null) throw new RefusedError(report.faults);
  return { recipe, notes: report.notes, fidelity: report.rows };
}

/** The verdict on every field of a configuration, the refused ones among them. */
export const fidelityOf = (config: Fields): readonly FidelityRow[] => readMergekit(config).report.rows;

function readMergekit(config: Fields): { readonly recipe: Fields | null; readonly report: FidelityReport } {
  const report = new FidelityReport();
  const rules = readMethod(config["merge_method"], report);
  const document = readDocument(config, report);
  const dtype = readDtype(config, report);
  const tokenizer = readTokenizer(config, report);
  const chatTemplate = readText(config["chat_template"], "chat_template", report);
  if (config["name"] !== undefined) report.same(["name"], "names the document.");
  const own = readOwnBlock(config["x-amalgam"], report);
  const body = rules === null || document === null ? {} : translateBody(rules, document, report);
  if (report.faults.length > 0) return { recipe: null, report };
  // The base of slerp, and one that is only one of the models, is no base here.
  const isNamed = tokenizer?.source === "base" && !("base" in body) && document?.base != null;
  const optional = { dtype, tokenizer: isNamed ? { ...tokenizer, source: document.base } : tokenizer, chatTemplate, ...own };
  const given = Object.entries(optional).filter(([, value]) => value !== null && value !== undefined);
  return { recipe: { version: 1, ...body, ...Object.fromEntries(given) }, report };
}

function readMethod(name: unknown, report: FidelityReport): MethodRules | null {
  const rules = typeof name === "string" ? rulesOf(name) : null;
  if (rules === null) {
    const names = mergeMethodNames();
    const meant = typeof name === "string" ? nearestKey(name, names) : null;
    const there = meant === null ? `there are ${names.join(", ")}` : `write ${meant}`;
    report.refuse(["merge_method"], `The merge_method ${JSON.stringify(name ?? null).slice(0, 100)} is not supported; ${there}.`);
  } else if (rules.difference !== undefined) report.approximated(["merge_method"], rules.difference);
  else {
    const heads = "heads of tasks are left out, where the architecture has them, unless exclude says otherwise";
    report.same(
      ["merge_method"],
      isMergekitMethod(rules.name) ? `becomes ${rules.method.id}; ${heads}.` : "is a method of Amalgam.",
    );
  }
  return rules;
}
