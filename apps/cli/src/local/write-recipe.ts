import type { Recipe } from "@amalgam/engine/merge";

const indicators = /^[\w./~][\w./@+~-]*$/;
const words = /^(true|false|null|yes|no|on|off|y|n|~|\.{1,3}|[-+]?\.?\d.*|[-+]?\.(inf|nan))$/i;

/** A text that every YAML reader takes for the same text. */
const scalar = (value: unknown): string =>
  typeof value === "string" && indicators.test(value) && !words.test(value) ? value : JSON.stringify(value);

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !isList(value);

const entriesOf = (fields: Readonly<Record<string, unknown>>) =>
  Object.entries(fields).filter(([, value]) => value !== undefined);

/** On one line, as in {model: ./a, weight: 0.5}. */
function flow(value: unknown): string {
  if (isList(value)) return `[${value.map(flow).join(", ")}]`;
  if (!isFields(value)) return scalar(value);
  return `{${entriesOf(value)
    .map(([key, item]) => `${scalar(key)}: ${flow(item)}`)
    .join(", ")}}`;
}

const lineLength = 110;

/** On one line where it fits, else each item on a line of its own. */
function block(value: unknown, indent: string): string[] {
  const line = flow(value);
  if (indent.length + line.length <= lineLength || (!isList(value) && !isFields(value))) return [line];
  const inner = `${indent}  `;
  if (isList(value))
    return value.flatMap((item) => {
      const [first = "", ...more] = block(item, inner);
      return [`- ${first}`, ...more.map((each) => `  ${each}`)];
    });
  return entriesOf(value).flatMap(([key, item]) => {
    const lines = block(item, inner);
    return lines.length === 1 ? [`${scalar(key)}: ${lines[0]}`] : [`${scalar(key)}:`, ...lines.map((each) => `  ${each}`)];
  });
}

/** A recipe as YAML in native form; what is not set is left out. Reading it back gives the same recipe. */
export function writeRecipe(recipe: Recipe, name: string | null = null): string {
  const {
    version,
    method,
    base,
    baseAdapter,
    baseStatistics,
    parents,
    parameters,
    slices,
    exclude,
    dtype,
    seed,
    tokenizer,
    chatTemplate,
  } = recipe;
  const given: Readonly<Record<string, unknown>> = {
    ...(name === null ? {} : { name }),
    version,
    method,
    ...(base === null ? {} : { base }),
    ...(baseAdapter === null ? {} : { baseAdapter }),
    ...(baseStatistics === undefined ? {} : { baseStatistics }),
    parents,
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
    ...(slices === null ? {} : { slices }),
    ...(exclude === null ? {} : { exclude }),
    ...(dtype === null ? {} : { dtype }),
    ...(seed === 0 ? {} : { seed }),
    ...(tokenizer === null ? {} : { tokenizer }),
    ...(chatTemplate === null ? {} : { chatTemplate }),
  };
  const lines = entriesOf(given).flatMap(([key, value]) => {
    if (!isList(value)) return [`${key}: ${flow(value)}`];
    const items = value.flatMap((item) => {
      const [first = "", ...more] = block(item, "    ");
      return [`  - ${first}`, ...more.map((each) => `    ${each}`)];
    });
    return value.length === 0 ? [`${key}: []`] : [`${key}:`, ...items];
  });
  return `${lines.join("\n")}\n`;
}
