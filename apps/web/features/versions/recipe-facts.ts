import { capitalised } from "../../lib/format.ts";

/** Method and settings of a recipe, for a list of facts. A recipe is data from the API: nothing about it is assumed. */
export function recipeFacts(recipe: unknown): { method: string; items: { label: string; value: string }[] } {
  if (typeof recipe !== "object" || recipe === null) return { method: "", items: [] };
  const record = recipe as Record<string, unknown>;
  const parameters =
    typeof record["parameters"] === "object" && record["parameters"] !== null ? Object.entries(record["parameters"]) : [];
  const items = parameters.map(([label, value]) => ({ label: capitalised(label.replaceAll("_", " ")), value: words(value) }));
  if (typeof record["dtype"] === "string") items.push({ label: "Stored as", value: record["dtype"] });
  if (typeof record["seed"] === "number" && record["seed"] !== 0) items.push({ label: "Seed", value: String(record["seed"]) });
  return { method: typeof record["method"] === "string" ? methodTitle(record["method"]) : "", items };
}

/** task_arithmetic reads as Task arithmetic; short names are initials. A title stays as it is. */
export function methodTitle(name: string): string {
  if (name !== name.toLowerCase()) return name;
  return name.length <= 5 && !name.includes("_") ? name.toUpperCase() : capitalised(name.replaceAll("_", " "));
}

function words(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return String(Number(value.toPrecision(6))).replace("-", "−");
  return Array.isArray(value) ? value.map(words).join(", ") : String(value);
}
