import { z } from "zod";
import type { MergeMethod } from "../define-method.ts";
import { defaultOf, readSetting } from "../read-settings.ts";
import { isFields } from "../record.ts";
import { isCases, isVarying, mapSetting, type Scalar, type Setting, withFallback } from "../settings.ts";
import type { FidelityReport, Path } from "./fidelity.ts";
import { knownParameters, type MethodRules, memoryParameters, type SettingRule } from "./method-rules.ts";
import { type Level, refuseUnknownKeys } from "./read-document.ts";

export type Translated = Record<string, Setting>;

const anyScalar = z.union([z.number(), z.boolean(), z.string()]);

/** Where our method keeps what a rule sets. */
export const placeOf = ({ perParent, params }: MergeMethod, { to }: SettingRule): "own" | "parameters" | null =>
  Object.hasOwn(perParent.shape, to) ? "own" : Object.hasOwn(params.shape, to) ? "parameters" : null;

export const schemaOf = ({ perParent, params }: MergeMethod, to: string): z.ZodType | undefined =>
  (Object.hasOwn(perParent.shape, to) ? perParent.shape[to] : params.shape[to]) as z.ZodType | undefined;

/** Says of every parameter of a level that is not read what becomes of it. */
export function checkLevel(
  { name, settings }: MethodRules,
  { fields, path }: Level,
  atModel: boolean,
  report: FidelityReport,
): void {
  const read = [...settings.map((rule) => rule.name), ...(name === "nuslerp" ? ["nuslerp_flatten", "nuslerp_row_wise"] : [])];
  const isMergeWide = (key: string) =>
    read.includes(key) && !settings.some((rule) => rule.name === key && rule.scope === "model");
  for (const key of Object.keys(fields)) {
    const at = [...path, key];
    if (memoryParameters.includes(key)) report.same(at, "changes nothing but the memory that mergekit needs.");
    else if (atModel && isMergeWide(key))
      report.refuse(
        at,
        `${at.join(".")} is a parameter of the whole merge, which mergekit does not read there; move it to parameters.${key}.`,
      );
    else if (!read.includes(key) && knownParameters.includes(key)) report.same(at, `mergekit's ${name} does not read it.`);
  }
  const known = [...new Set([...read, ...knownParameters])];
  refuseUnknownKeys(fields, known, path, report);
}

/** The value of one rule at the given levels, most particular first; undefined where none gives one. */
export function translateSetting(
  rules: MethodRules,
  rule: SettingRule,
  levels: readonly Level[],
  report: FidelityReport,
): Setting | undefined {
  return levels.reduce<Setting | undefined>((setting, { fields, path }) => {
    const value = Object.hasOwn(fields, rule.name) ? (fields[rule.name] ?? undefined) : undefined;
    if (value === undefined) return setting;
    const found = convert(rules, rule, value, [...path, rule.name], report);
    return withFallback(setting, found);
  }, undefined);
}

/** What stands behind all levels: mergekit's default, in our words. */
export function standardOf(rules: MethodRules, rule: SettingRule): Setting | undefined {
  return rule.standard === undefined ? undefined : toOurs(rules, rule, rule.standard);
}

function convert(rules: MethodRules, rule: SettingRule, value: unknown, path: Path, report: FidelityReport): Setting | undefined {
  const read = readSetting(value, anyScalar, path);
  report.refuseAll(read.faults);
  if (read.value === null) return undefined;
  const schema = schemaOf(rules.method, rule.to);
  if (schema === undefined) {
    report.refuse(path, `${path.join(".")} has no counterpart in ${rules.method.title} here; remove it.`);
    return undefined;
  }
  const ours = readSetting(
    mapSetting(read.value, (scalar) => toOurs(rules, rule, scalar)),
    schema,
    path,
  );
  report.refuseAll(ours.faults);
  if (ours.value === null) return undefined;
  const isOpen = isCases(ours.value) && !ours.value.some(({ filter }) => filter === undefined);
  if (isOpen && rule.standard === undefined && path[0] === "parameters" && defaultOf(schema) !== undefined)
    report.approximated(path, `tensors that no filter matches take ${defaultOf(schema)}; mergekit fails there.`);
  else report.same(path, `becomes ${placeOf(rules.method, rule) === "own" ? "parents[]" : "parameters"}.${rule.to}.`);
  return ours.value;
}

function toOurs({ method }: MethodRules, { to, pairs }: SettingRule, value: Scalar): Scalar {
  // mergekit takes 0 and 1 for false and true.
  const flag = value === 1 ? true : value === 0 ? false : undefined;
  const pair = pairs?.find(([theirs]) => theirs === value || (flag !== undefined && theirs === flag));
  if (pair !== undefined) return pair[1];
  const schema = schemaOf(method, to);
  const isFlag = flag !== undefined && schema?.safeParse(value).success === false && schema.safeParse(flag).success;
  return isFlag ? flag : value;
}

/** nuslerp_flatten and nuslerp_row_wise together say what counts as one vector. */
export function nuslerpGranularity(rules: MethodRules, common: readonly Level[], report: FidelityReport): Setting | undefined {
  const find = (name: string): { readonly value: Setting; readonly path: Path } | null => {
    const level = common.find(({ fields }) => fields[name] !== undefined && fields[name] !== null);
    if (level === undefined) return null;
    const path = [...level.path, name];
    const read = readSetting(level.fields[name], z.union([z.boolean(), z.literal([0, 1])]), path);
    report.refuseAll(read.faults);
    if (read.value === null) return null;
    report.same(path, "becomes parameters.granularity.");
    return { value: mapSetting(read.value, (value) => value === true || value === 1), path };
  };
  const [flatten, rowWise] = [find("nuslerp_flatten"), find("nuslerp_row_wise")];
  if (rowWise !== null && isVarying(rowWise.value)) {
    report.refuse(rowWise.path, "nuslerp_row_wise that varies is not supported; give one value for the whole model.");
    return undefined;
  }
  const byColumn = rowWise?.value === true;
  const granularity = mapSetting(flatten?.value ?? true, (value) => (value === true ? "tensor" : byColumn ? "column" : "row"));
  const schema = schemaOf(rules.method, "granularity");
  const isKnown = schema !== undefined && readSetting(granularity, schema, []).value !== null;
  if (isKnown || rowWise === null) return granularity;
  report.refuse(
    rowWise.path,
    "nuslerp_row_wise: vectors along the first axis are not supported here; remove it, so that rows are vectors.",
  );
  return undefined;
}

/** Keys that are settings of a slice, where nuslerp's flags cannot stand. */
export function refuseNuslerpFlags({ fields, path }: Level, report: FidelityReport): void {
  for (const key of ["nuslerp_flatten", "nuslerp_row_wise"])
    if (isFields(fields) && key in fields)
      report.refuse([...path, key], `${[...path, key].join(".")} is not supported for one slice; move it to parameters.`);
}
