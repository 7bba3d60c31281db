import type { z } from "zod";
import { type Fault, fault } from "./fault.ts";
import { isFields } from "./record.ts";

/** One value of a recipe. */
export type Scalar = number | boolean | string;

/**
 * A value that may vary over the model:
 * - one scalar for all tensors;
 * - a list: numbers are interpolated over the layers (a gradient), other values are taken in steps;
 * - a list of cases: the first whose filter is absent, "*" or a part of the tensor's name decides.
 */
export type Setting = Scalar | readonly Scalar[] | readonly SettingCase[];

export interface SettingCase {
  /** Part of a tensor's name; absent or "*": every tensor */
  readonly filter?: string;
  readonly value: Scalar | readonly Scalar[];
}

/** Where a setting is asked for. */
export interface SettingPlace {
  /** Name in the result */
  readonly tensor: string;
  /** 0 at the first layer, 1 at the last */
  readonly position: number;
}

export type Settings = Readonly<Record<string, Setting>>;

/** Longer than any model has layers or kinds of tensors. */
const maxItems = 10_000;

export const isScalar = (value: unknown): value is Scalar =>
  typeof value === "number" || typeof value === "boolean" || typeof value === "string";

const isList = (value: Setting): value is readonly Scalar[] | readonly SettingCase[] => Array.isArray(value);
export const isCases = (value: Setting): value is readonly SettingCase[] => isList(value) && value.some(isFields);

/** Whether a setting may give different values at different tensors. */
export const isVarying = (setting: Setting): boolean => isList(setting);

const isCatchAll = ({ filter }: SettingCase): boolean => filter === undefined || filter === "*";

/** The value at one tensor; undefined when no case matches, so that what stands behind the setting decides. */
export function settingAt(setting: Setting, place: SettingPlace): Scalar | undefined {
  if (!isList(setting)) return setting;
  if (!isCases(setting)) return along(setting as readonly Scalar[], place.position);
  const found = setting.find((item) => isCatchAll(item) || place.tensor.includes(item.filter ?? ""));
  if (found === undefined) return undefined;
  return isScalar(found.value) ? found.value : along(found.value, place.position);
}

/** A list over the layers: numbers between their neighbours, everything else in steps. */
function along(values: readonly Scalar[], position: number): Scalar | undefined {
  const at = Math.min(1, Math.max(0, position)) * (values.length - 1);
  const before = values[Math.floor(at)];
  const after = values[Math.ceil(at)];
  if (typeof before !== "number" || typeof after !== "number" || !values.every((value) => typeof value === "number"))
    return before;
  const between = before + (after - before) * (at - Math.floor(at));
  // Rounding must not leave the bounds that both neighbours keep.
  return Math.min(Math.max(before, after), Math.max(Math.min(before, after), between));
}

/** Every scalar that a setting is written with. */
export function scalarsOf(setting: Setting): readonly Scalar[] {
  if (!isList(setting)) return [setting];
  if (!isCases(setting)) return setting as readonly Scalar[];
  return setting.flatMap(({ value }) => (isScalar(value) ? [value] : value));
}

/** The same setting with other scalars. */
export function mapSetting(setting: Setting, change: (value: Scalar) => Scalar): Setting {
  if (!isList(setting)) return change(setting);
  if (!isCases(setting)) return (setting as readonly Scalar[]).map(change);
  return setting.map((item) => ({ ...item, value: isScalar(item.value) ? change(item.value) : item.value.map(change) }));
}

/** A setting behind which another one stands: it decides where no case of the first matches. */
export function withFallback(setting: Setting | undefined, fallback: Setting | undefined): Setting | undefined {
  if (setting === undefined || fallback === undefined) return setting ?? fallback;
  if (!isCases(setting) || setting.some(isCatchAll)) return setting;
  return [...setting, ...(isCases(fallback) ? fallback : [{ value: fallback as Scalar | readonly Scalar[] }])];
}

type Path = readonly (string | number)[];

/** What was read, or why it could not be. */
export type Read<T> =
  | { readonly value: T; readonly faults: readonly [] }
  | { readonly value: null; readonly faults: readonly Fault[] };

/** Names a place in messages, as in parents.1.weight. */
export const nameOf = (path: Path): string => path.join(".");

/**
 * Reads a setting of one parameter of a method: every scalar in it must satisfy the parameter's schema. Of equal spellings the
 * shortest is kept: a list of one value is that value, a case for every tensor ends the list.
 */
export function readSetting(value: unknown, parameter: z.ZodType, path: Path): Read<Setting> {
  const faults: Fault[] = [];
  const invalid = (why: string, at: Path = path) => faults.push(fault("VALUE_INVALID", `${nameOf(at)}: ${why}`, at));
  const scalar = (item: unknown, at: Path): Scalar => {
    const read = parameter.safeParse(item);
    if (!read.success) invalid((read.error.issues[0]?.message ?? "Invalid value").replace(/\.?$/, "."), at);
    else if (!isScalar(read.data)) invalid("A number, true or false, or a text is expected.", at);
    else return read.data;
    return 0;
  };
  const list = (items: readonly unknown[], at: Path): Scalar | readonly Scalar[] => {
    if (items.length === 0) invalid("The list is empty; give at least one value.", at);
    const values = items.map((item, i) => scalar(item, [...at, i]));
    if (faults.length === 0 && !interpolates(values, parameter))
      invalid("Only whole numbers are allowed, which cannot be interpolated over the layers; use cases with a filter.", at);
    return values.length === 1 && values[0] !== undefined ? values[0] : values;
  };
  const cases = (items: readonly unknown[]): Setting => {
    const read = items.flatMap((item, i): SettingCase[] => {
      if (!isFields(item)) {
        invalid("A list holds values or cases with a filter, not both.", [...path, i]);
        return [];
      }
      for (const key of Object.keys(item))
        if (key !== "filter" && key !== "value")
          faults.push(
            fault("KEY_UNKNOWN", `${nameOf([...path, i])} has no key ${shown(key)}; a case has filter and value.`, [
              ...path,
              i,
              key,
            ]),
          );
      const { filter, value: inner } = item;
      if (filter !== undefined && (typeof filter !== "string" || filter === "" || filter.length > 1024))
        invalid("A filter is a part of a tensor's name.", [...path, i, "filter"]);
      const at = [...path, i, "value"];
      if (inner === undefined) faults.push(fault("KEY_MISSING", `${nameOf(at)} is missing.`, at));
      const kept = inner === undefined ? 0 : Array.isArray(inner) ? list(inner, at) : scalar(inner, at);
      return [typeof filter === "string" && filter !== "*" ? { filter, value: kept } : { value: kept }];
    });
    const end = read.findIndex(isCatchAll);
    const needed = end < 0 ? read : read.slice(0, end + 1);
    return needed.length === 1 && end === 0 && needed[0] !== undefined ? needed[0].value : needed;
  };
  if (Array.isArray(value) && value.length > maxItems) invalid(`A list has at most ${maxItems} items.`);
  else {
    const setting = !Array.isArray(value) ? scalar(value, path) : value.some(isFields) ? cases(value) : list(value, path);
    if (faults.length === 0) return { value: setting, faults: [] };
  }
  return { value: null, faults };
}

const shown = (key: string): string => JSON.stringify(key.slice(0, 100));

/** Whether what lies between neighbours is allowed as well; text and booleans are taken in steps. */
function interpolates(values: readonly Scalar[], parameter: z.ZodType): boolean {
  if (!values.every((value) => typeof value === "number")) return true;
  return values.every((value, i) => {
    const next = values[i + 1] ?? value;
    return next === value || parameter.safeParse(value + (next - value) * 0.381966).success;
  });
}

/** Whether a value left out has a default, is simply absent, or is missed. */
type Absent = "default" | "absent";

/**
 * Reads the settings of one object of a recipe against the schemas of a method.
 * @param absent default: values left out, and tensors that no case matches, take the schema's default; a value without one is a
 *   fault. absent: they stay out, for what stands behind
 */
export function readSettings(
  fields: Readonly<Record<string, unknown>>,
  shape: Readonly<Record<string, z.ZodType>>,
  path: Path,
  absent: Absent,
): { readonly settings: Settings; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const settings: Record<string, Setting> = {};
  for (const [name, schema] of Object.entries(shape)) {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (value !== undefined) {
      const read = readSetting(value, schema, [...path, name]);
      faults.push(...read.faults);
      const standard = absent === "default" ? defaultOf(schema) : undefined;
      const setting = read.value === null ? undefined : withFallback(read.value, standard);
      if (setting !== undefined) settings[name] = setting;
    } else if (absent === "default") {
      const standard = schema.safeParse(undefined);
      if (!standard.success) faults.push(fault("KEY_MISSING", `${nameOf([...path, name])} is missing.`, [...path, name]));
      else if (isScalar(standard.data)) settings[name] = standard.data;
    }
  }
  return { settings, faults };
}

/** The schema's default; undefined when a value must be given or may stay out. */
export function defaultOf(schema: z.ZodType | undefined): Scalar | undefined {
  const read = schema?.safeParse(undefined);
  return read?.success === true && isScalar(read.data) ? read.data : undefined;
}
