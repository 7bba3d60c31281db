import type { z } from "zod";
import { type Fault, fault } from "./fault.ts";
import { type Fields, isFields } from "./record.ts";
import { isCatchAll, isScalar, type Scalar, type Setting, type SettingCase, type Settings, withFallback } from "./settings.ts";

type Path = readonly (string | number)[];

/** What was read, or why it could not be. */
export type Read<T> =
  | { readonly value: T; readonly faults: readonly [] }
  | { readonly value: null; readonly faults: readonly Fault[] };

/** Longer than any model has layers or kinds of tensors. */
const maxItems = 10_000;

/** Names a place in messages, as in parents.1.weight. */
export const nameOf = (path: Path): string => path.join(".");

/**
 * Reads a setting of one parameter of a method: every scalar in it must satisfy the parameter's schema. Of equal spellings the
 * shortest is kept: a list of one value is that value, a case for every tensor ends the list.
 */
export function readSetting(value: unknown, parameter: z.ZodType, path: Path): Read<Setting> {
  const reader = new SettingReader(parameter);
  const setting = reader.read(value, path);
  return reader.faults.length === 0 ? { value: setting, faults: [] } : { value: null, faults: reader.faults };
}

/** What stands for a value at fault; it is never returned. */
const unread = 0;

class SettingReader {
  readonly faults: Fault[] = [];
  readonly #parameter: z.ZodType;

  constructor(parameter: z.ZodType) {
    this.#parameter = parameter;
  }

  read(value: unknown, path: Path): Setting {
    if (!Array.isArray(value)) return this.#scalar(value, path);
    return value.some(isFields) ? this.#cases(value, path) : this.#list(value, path);
  }

  #refuse(path: Path, why: string): typeof unread {
    this.faults.push(fault("VALUE_INVALID", `${nameOf(path)}: ${why}`, path));
    return unread;
  }

  #scalar(value: unknown, path: Path): Scalar {
    const { success, data, error } = this.#parameter.safeParse(value);
    if (!success) return this.#refuse(path, (error.issues[0]?.message ?? "Invalid value").replace(/\.?$/, "."));
    return isScalar(data) ? data : this.#refuse(path, "A number, true or false, or a text is expected.");
  }

  #list(items: readonly unknown[], path: Path): Scalar | readonly Scalar[] {
    if (items.length > maxItems) return this.#refuse(path, `A list has at most ${maxItems} items.`);
    if (items.length === 0) return this.#refuse(path, "The list is empty; give at least one value.");
    const values = items.map((item, i) => this.#scalar(item, [...path, i]));
    if (this.faults.length === 0 && !this.#interpolates(values))
      return this.#refuse(path, "Only whole numbers are allowed, which cannot run over the layers; use cases with a filter.");
    const [first] = values;
    return values.length === 1 && first !== undefined ? first : values;
  }

  /** Whether what lies between neighbours is allowed as well; text and booleans are taken in steps. */
  #interpolates(values: readonly Scalar[]): boolean {
    if (!values.every((value) => typeof value === "number")) return true;
    return values.every((value, i) => {
      const next = values[i + 1] ?? value;
      return next === value || this.#parameter.safeParse(value + (next - value) * 0.381966).success;
    });
  }

  #cases(items: readonly unknown[], path: Path): Setting {
    if (items.length > maxItems) return this.#refuse(path, `A list has at most ${maxItems} items.`);
    const cases = items.flatMap((item, i) => (isFields(item) ? this.#case(item, [...path, i]) : this.#mixed([...path, i])));
    const end = cases.findIndex(isCatchAll);
    const [first] = cases;
    if (end === 0 && first !== undefined) return first.value;
    return end < 0 ? cases : cases.slice(0, end + 1);
  }

  #mixed(path: Path): [] {
    this.#refuse(path, "A list holds values or cases with a filter, not both.");
    return [];
  }

  #case(item: Fields, path: Path): SettingCase {
    const { filter, value, ...others } = item;
    for (const key of Object.keys(others)) {
      const why = `${nameOf(path)} has no key ${JSON.stringify(key.slice(0, 100))}; a case has filter and value.`;
      this.faults.push(fault("KEY_UNKNOWN", why, [...path, key]));
    }
    if (filter !== undefined && (typeof filter !== "string" || filter === "" || filter.length > 1024))
      this.#refuse([...path, "filter"], "A filter is a part of a tensor's name.");
    const kept = this.#caseValue(value, [...path, "value"]);
    return typeof filter === "string" && filter !== "*" ? { filter, value: kept } : { value: kept };
  }

  #caseValue(value: unknown, path: Path): Scalar | readonly Scalar[] {
    if (Array.isArray(value)) return this.#list(value, path);
    if (value !== undefined) return this.#scalar(value, path);
    this.faults.push(fault("KEY_MISSING", `${nameOf(path)} is missing.`, path));
    return unread;
  }
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
