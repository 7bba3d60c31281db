/** A field of a form, read from the JSON Schema of a method's parameters. */
export type Field = {
  name: string;
  label: string;
  help: string | null;
} & (
  | { type: "number"; isInteger: boolean; low: number | null; high: number | null; step: number; initial: number | null }
  | { type: "boolean"; initial: boolean }
  | { type: "choice"; options: readonly string[]; initial: string | null }
  | { type: "numbers"; initial: readonly number[] }
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
      return { ...common, ...numberField(property), initial: typeof initial === "number" ? initial : null };
    case "boolean":
      return { ...common, type: "boolean", initial: initial === true };
    case "array":
      return {
        ...common,
        type: "numbers",
        initial: Array.isArray(initial) ? initial.filter((item) => typeof item === "number") : [],
      };
    default:
      return null;
  }
}

function numberField(property: Record<string, unknown>) {
  const isInteger = property["type"] === "integer";
  const bound = (...keys: string[]) =>
    keys.map((key) => property[key]).find((value) => typeof value === "number" && Math.abs(value) < 1e12) as number | undefined;
  const low = bound("minimum", "exclusiveMinimum") ?? null;
  const high = bound("maximum", "exclusiveMaximum") ?? null;
  return { type: "number" as const, isInteger, low, high, step: isInteger ? 1 : 0.01 };
}

/** The values a form shows: what the draft says, else the method's default. */
export function valuesOf(fields: readonly Field[], given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    fields.map((field) => [field.name, given[field.name] ?? field.initial]).filter(([, value]) => value !== null),
  );
}

function labelOf(name: string, title: unknown): string {
  if (typeof title === "string") return title;
  if (name.length === 1) return name;
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
