import type { Fields } from "../record.ts";
import { type Setting, withFallback } from "../settings.ts";
import type { FidelityReport } from "./fidelity.ts";
import { isMergekitMethod, type MethodRules } from "./method-rules.ts";
import type { Level, MergekitDocument, MergekitSlice, MergekitSource } from "./read-document.ts";
import {
  checkLevel,
  nuslerpGranularity,
  placeOf,
  refuseNuslerpFlags,
  standardOf,
  type Translated,
  translateSetting,
} from "./translate-settings.ts";

/** Method, base, parents, parameters and slices of a recipe in native form. */
export function translateBody(rules: MethodRules, document: MergekitDocument, report: FidelityReport): Fields {
  for (const level of document.common) checkLevel(rules, level, false, report);
  const base = checkBase(rules, document, report);
  const isBase = ({ model }: MergekitSource): boolean => base !== null && model === base;
  // A base that takes part as such is no contributor; slerp's is the first of the two, and others have none.
  const isApart = rules.base === "required" || rules.base === "optional";
  const slices = document.slices.map((slice) => {
    const others = slice.sources.filter((source) => !isBase(source));
    const first = slice.sources.filter(isBase);
    return {
      slice,
      base: isApart ? first : [],
      contributing: isApart ? others : rules.base === "first" ? [...first, ...others] : slice.sources,
    };
  });
  for (const { slice, base: apart, contributing } of slices) {
    checkLevel(rules, slice.parameters, false, report);
    if (document.isSliced && rules.name === "nuslerp") refuseNuslerpFlags(slice.parameters, report);
    for (const { parameters } of contributing) checkLevel(rules, parameters, true, report);
    for (const { parameters } of apart)
      for (const key of Object.keys(parameters.fields)) report.same([...parameters.path, key], "the base takes no parameters.");
  }
  const [only] = slices;
  const parameters = translateCommon(rules, document.common, report);
  const head = { method: rules.method.id, ...(isApart && base !== null ? { base } : {}) };
  if (!document.isSliced) {
    const own = (only?.contributing ?? []).map((source) =>
      ownSettings(rules, [source.parameters, ...document.common], source, report),
    );
    const shared = sharedParameters(rules, only?.contributing ?? [], own, report);
    const models = only?.contributing.map(({ model }) => model) ?? [];
    // slerp: the base need not be listed.
    const listed = rules.base === "first" && base !== null && !models.includes(base) ? [base, ...models] : models;
    const parents = listed.map((model) => ({ model, ...(own[models.indexOf(model)]?.own ?? {}) }));
    return { ...head, parents, parameters: { ...parameters, ...shared } };
  }
  const standing = ownSettings(rules, document.common, null, report);
  const names = [...new Set(slices.flatMap(({ contributing }) => contributing.map(({ model }) => model)))];
  return {
    ...head,
    parents: names.map((model) => ({ model, ...standing.own })),
    parameters: { ...parameters, ...standing.parameters },
    slices: slices.map(({ slice, base: apart, contributing }) =>
      translateSlice(rules, document, slice, { apart, contributing }, report),
    ),
  };
}

/** base_model as the method understands it; null when there is none. */
function checkBase({ name, base: role }: MethodRules, { base, slices }: MergekitDocument, report: FidelityReport): string | null {
  const path = ["base_model"];
  if (base === null) {
    if (role === "first") report.refuse(path, `${name} needs base_model: the model that t 0 keeps.`);
    if (role === "required") report.refuse(path, `${name} needs base_model.`);
    return null;
  }
  if (role === "none") {
    const isListed = slices.every(({ sources }) => sources.some(({ model }) => model === base));
    const isFirst = slices[0]?.sources[0]?.model === base;
    if (!isListed) report.refuse(path, `${name} takes no base_model, unless it is one of the models; remove it.`);
    else if (isFirst) report.same(path, "is the first of the models; config and tokenizer come from it.");
    else report.approximated(path, "config and tokenizer come from the first of the models instead.");
    return null;
  }
  if (role === "first") {
    for (const { sources, path: at } of slices) {
      const others = sources.filter(({ model }) => model !== base).length;
      if (others !== 1) report.refuse(at, `${name} takes one model besides base_model, not ${others}.`);
    }
    report.same(path, "becomes the first parent.");
  } else report.same(path, "becomes base.");
  return base;
}

/** Parameters of the whole merge. */
function translateCommon(rules: MethodRules, common: readonly Level[], report: FidelityReport): Translated {
  const found: Record<string, Setting | undefined> = { ...rules.fixed };
  for (const rule of rules.settings) {
    if (rule.scope === "model") continue;
    const setting = translateSetting(rules, rule, common, report) ?? undefined;
    const standard = standardOf(rules, rule);
    if (setting === undefined && standard === undefined && isMergekitMethod(rules.name))
      report.refuse(["parameters", rule.name], `${rules.name} needs parameters.${rule.name}.`);
    found[rule.to] = withFallback(setting, standard);
  }
  if (rules.name === "nuslerp") found["granularity"] = nuslerpGranularity(rules, common, report);
  return defined(found);
}

/** What models say for themselves, and parameters that mergekit reads at a model but that belong to the whole here. */
interface OwnSettings {
  readonly own: Translated;
  readonly parameters: Translated;
}

/** @param source whose value is missed when no level has one; null: none is, since sources may have it */
function ownSettings(
  rules: MethodRules,
  levels: readonly Level[],
  source: MergekitSource | null,
  report: FidelityReport,
): OwnSettings {
  const found = { own: {}, parameters: {} } as Record<"own" | "parameters", Record<string, Setting | undefined>>;
  for (const rule of rules.settings) {
    if (rule.scope !== "model") continue;
    const before = report.faults.length;
    const setting = translateSetting(rules, rule, levels, report);
    const standard = standardOf(rules, rule);
    if (
      setting === undefined &&
      standard === undefined &&
      source !== null &&
      isMergekitMethod(rules.name) &&
      report.faults.length === before
    )
      report.refuse([...source.parameters.path, rule.name], `The model ${source.model} has no ${rule.name}.`);
    found[placeOf(rules.method, rule) ?? "own"][rule.to] = withFallback(setting, standard);
  }
  return { own: defined(found.own), parameters: defined(found.parameters) };
}

function sharedParameters(
  rules: MethodRules,
  sources: readonly MergekitSource[],
  settings: readonly OwnSettings[],
  report: FidelityReport,
): Translated {
  const [first, ...others] = settings.map(({ parameters }) => parameters);
  for (const [name, setting] of Object.entries(first ?? {})) {
    const differs = others.findIndex((each) => JSON.stringify(each[name]) !== JSON.stringify(setting));
    const source = sources[differs + 1];
    if (differs < 0 || source === undefined) continue;
    const key = rules.settings.find(({ to }) => to === name)?.name ?? name;
    report.refuse(
      [...source.parameters.path, key],
      `${key} differs between models, but ${rules.method.title} takes one for all; give one.`,
    );
  }
  return first ?? {};
}

function translateSlice(
  rules: MethodRules,
  { common }: MergekitDocument,
  slice: MergekitSlice,
  { apart, contributing }: { readonly apart: readonly MergekitSource[]; readonly contributing: readonly MergekitSource[] },
  report: FidelityReport,
): Fields {
  const rulesAt = { ...rules, settings: rules.settings.map(({ standard: _standard, ...rule }) => rule) };
  const settings = contributing.map((source) => {
    // Reading all levels tells a value that is missing everywhere; what stands behind the slice is kept once, for all slices.
    ownSettings(rules, [source.parameters, slice.parameters, ...common], source, report);
    return ownSettings(rulesAt, [source.parameters, slice.parameters], null, report);
  });
  const ofMerge = rulesAt.settings.flatMap((rule): [string, Setting][] => {
    const setting = rule.scope === "model" ? undefined : translateSetting(rules, rule, [slice.parameters], report);
    return setting === undefined ? [] : [[rule.to, setting]];
  });
  const parameters = { ...Object.fromEntries(ofMerge), ...sharedParameters(rules, contributing, settings, report) };
  const sources = [
    ...contributing.map(({ model, layers }, k) => ({ model, layers, ...(settings[k]?.own ?? {}) })),
    ...apart.map(({ model, layers }) => ({ model, layers })),
  ];
  return { sources, ...(Object.keys(parameters).length === 0 ? {} : { parameters }) };
}

const defined = (settings: Record<string, Setting | undefined>): Translated =>
  Object.fromEntries(Object.entries(settings).flatMap(([name, setting]) => (setting === undefined ? [] : [[name, setting]])));
