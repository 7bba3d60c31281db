import { isRecord } from "../../lib/record.ts";
import { numberWords, type Setting, type Settings, scalarsOf } from "../../lib/setting.ts";

/** A field of a form, read from the JSON Schema of what a method knows. */
export type Field = {
  name: string;
  label: string;
  help: string | null;
} & (
  | { type: "number"; isInteger: boolean; low: number | null; high: number | null; step: number; initial: number | null }
  | { type: "boolean"; initial: boolean }
  | { type: "choice"; options: readonly string[]; initial: string | null }
  | { type: "text"; initial: string | null }
);

/** Only the small subset that methods use; a property of another shape is left out rather than guessed at. */
export function fieldsOf(schema: unknown): Field[] {
  const properties = isRecord(schema) && isRecord(schema["properties"]) ? schema["properties"] : {};
  return Object.entries(properties).flatMap(([name, property]) => (isRecord(property) ? (fieldOf(name, property) ?? []) : []));
}

function fieldOf(name: string, property: Record<string, unknown>): Field | null {
  const common = {
    name,
    label: labelOf(name, property["title"]),
    help: typeof property["description"] === "string" ? property["description"] : null,
  };
  const initial = property["default"];
  if (Array.isArray(property["enum"])) {
    const options = property["enum"].filter((option) => typeof option === "string");
    return { ...common, type: "choice", options, initial: typeof initial === "string" ? initial : null };
  }
  switch (property["type"]) {
    case "number":
    case "integer":
      return { ...common, ...numberField(property) };
    case "boolean":
      return { ...common, type: "boolean", initial: initial === true };
    case "string":
      return { ...common, type: "text", initial: typeof initial === "string" ? initial : null };
    default:
      return null;
  }
}

function numberField(property: Record<string, unknown>) {
  const isInteger = property["type"] === "integer";
  const initial = typeof property["default"] === "number" ? property["default"] : null;
  const bound = (...keys: string[]) =>
    keys.map((key) => property[key]).find((value) => typeof value === "number" && Math.abs(value) < 1e12) as number | undefined;
  const low = bound("minimum", "exclusiveMinimum") ?? null;
  const high = bound("maximum", "exclusiveMaximum") ?? null;
  return {
    type: "number" as const,
    isInteger,
    low,
    high,
    initial,
    step: isInteger ? 1 : stepOf(property["multipleOf"], initial),
  };
}

/** Hundredths, or the power of ten of a default that is smaller than that. */
function stepOf(multiple: unknown, initial: number | null): number {
  if (typeof multiple === "number" && multiple > 0) return multiple;
  if (!initial || Math.abs(initial) >= 0.01) return 0.01;
  return Number(`1e${Math.floor(Math.log10(Math.abs(initial)) + 1e-9)}`);
}

/** The values a form shows: what the draft says, else the method's default. */
export function valuesOf(fields: readonly Field[], given: Settings): Record<string, Setting> {
  const values = fields.map((field) => [field.name, given[field.name] ?? field.initial] as const);
  return Object.fromEntries(values.filter((pair): pair is [string, Setting] => pair[1] !== null));
}

/** Settings that mean the same to another method: a field of the same name, type and default, within its bounds. */
export function carriedOver(given: Settings, from: readonly Field[], to: readonly Field[]): Settings {
  const isKept = ([name, setting]: [string, Setting]) => {
    const before = from.find((field) => field.name === name);
    const after = to.find((field) => field.name === name);
    if (!before || !after || before.type !== after.type || before.initial !== after.initial) return before === after;
    return scalarsOf(setting).every((value) => fits(after, value));
  };
  return Object.fromEntries(Object.entries(given).filter(isKept));
}

function fits(field: Field, value: unknown): boolean {
  if (field.type === "number")
    return typeof value === "number" && value >= (field.low ?? value) && value <= (field.high ?? value);
  return field.type !== "choice" || field.options.includes(String(value));
}

/** "0 to 1, usually 0.2": bounds and default of a field, for its description. */
export function rangeWords(field: Field): string {
  const usual =
    field.initial === null
      ? ""
      : `usually ${typeof field.initial === "number" ? numberWords(field.initial) : field.type === "boolean" ? (field.initial ? "yes" : "no") : field.initial}`;
  const wide = 1e6;
  const bounds =
    field.type === "choice"
      ? field.options.join(", ")
      : field.type !== "number"
        ? ""
        : field.low !== null && field.high !== null && Math.abs(field.low) < wide && Math.abs(field.high) < wide
          ? `${numberWords(field.low)} to ${numberWords(field.high)}`
          : field.low !== null && Math.abs(field.low) < wide
            ? `${numberWords(field.low)} or more`
            : "";
  return [bounds, usual].filter(Boolean).join("; ");
}

/** topK and top_k read as Top k. */
function labelOf(name: string, title: unknown): string {
  if (typeof title === "string") return title;
  return name.length === 1 ? name : settingLabel(name);
}

export function settingLabel(name: string): string {
  if (name.length === 1) return name;
  const words = name.replaceAll("_", " ").replace(/([a-z0-9])([A-Z])/g, (_, before, after) => `${before} ${after.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
