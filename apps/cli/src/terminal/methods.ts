import { isMergekitMethod, type MethodDescription, mergekitNameOf, rulesOf, type StatisticsNeed } from "@amalgam/engine/merge";
import { type Style, width } from "./style.ts";
import { renderFacts } from "./table.ts";
import { wrap, wrapRow } from "./wrap.ts";

/** A parameter as JSON Schema writes it. */
interface Property {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly default?: unknown;
  readonly description?: string;
}

const propertiesOf = (schema: Readonly<Record<string, unknown>>): [string, Property][] =>
  Object.entries((schema["properties"] ?? {}) as Record<string, Property>);

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const parentsOf = ({ minParents, maxParents }: MethodDescription): string => {
  if (maxParents === null) return `${minParents} or more`;
  return maxParents === minParents ? String(minParents) : `${minParents} to ${maxParents}`;
};

const holds = {
  weights: "weights",
  delta: "task vectors",
  tasks: "vector and masks of several tasks",
  adapter: "LoRA adapters",
} as const;

/** fisher, one of every parent and one of the base: what amalgam statistics has to measure. */
function statisticsOf({ kind, of, at }: StatisticsNeed): string {
  const own = at === "scaled" ? "one or more of every parent, at ascending λ" : "one of every parent";
  return `${kind}: ${own}${of === "parents+base" ? ", and one of the base (baseStatistics)" : ""}`;
}

const bases = { required: "yes", optional: "may", none: "no" } as const;

/** weight, density | lambda: what each parent may say, then the parameters of the whole. */
function settingsOf({ parametersSchema, parentParametersSchema }: MethodDescription): string {
  const names = (schema: Readonly<Record<string, unknown>>) =>
    propertiesOf(schema)
      .map(([name]) => name)
      .join(", ");
  const [own, whole] = [names(parentParametersSchema), names(parametersSchema)];
  return [...(own === "" ? [] : [`each parent: ${own}`]), ...(whole === "" ? [] : [`parameters: ${whole}`])].join("; ");
}

/** All methods by family, the summary and the settings of each wrapped to the width of the terminal. */
export function renderMethods(methods: readonly MethodDescription[], style: Style, columns: number): string {
  const titles = ["Method", "Parents", "Base", "What it does"];
  const cells = (method: MethodDescription) => [method.id, parentsOf(method), bases[method.base]];
  const widths = titles
    .slice(0, 3)
    .map((title, i) => Math.max(width(title), ...methods.map((each) => width(cells(each)[i] ?? ""))));
  const families = [...new Set(methods.map(({ family }) => family))];
  const blocks = families.map((family) => {
    const rows = methods.filter((method) => method.family === family);
    const lines = rows.flatMap((method) => {
      const settings = settingsOf(method);
      return [
        ...wrapRow([...cells(method), method.summary], widths, columns, "  "),
        ...(settings === "" ? [] : wrapRow(["", "", "", settings], widths, columns, "  ").map((line) => style.dim(line))),
      ];
    });
    return [style.bold(capitalised(family)), ...lines].join("\n");
  });
  const head = style.dim(wrapRow(titles, widths, columns, "  ").join("\n"));
  return [head, ...blocks, style.dim("amalgam methods METHOD shows one with its parameters, bounds and laws.")].join("\n\n");
}

function boundsOf(property: Property): string {
  if (property.enum) return property.enum.map(String).join(", ");
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, type } = property;
  // Bounds that every whole number has are no bounds.
  const isReal = (bound: number | undefined): bound is number => bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  const low = isReal(minimum) ? `${minimum}` : isReal(exclusiveMinimum) ? `above ${exclusiveMinimum}` : null;
  const high = isReal(maximum) ? `${maximum}` : isReal(exclusiveMaximum) ? `below ${exclusiveMaximum}` : null;
  const kind = type === "boolean" ? "true or false" : type === "integer" ? "whole number" : (type ?? "value");
  if (low !== null && high !== null) return `${kind}, ${low} to ${high}`;
  if (low !== null) return `${kind}, ${exclusiveMinimum === undefined ? "from " : ""}${low}`;
  return high === null ? kind : `${kind}, ${exclusiveMaximum === undefined ? "up to " : ""}${high}`;
}

function renderSettings(
  title: string,
  schema: Readonly<Record<string, unknown>>,
  theirs: ReadonlyMap<string, string>,
  { style, columns }: Look,
): string[] {
  const properties = propertiesOf(schema);
  if (properties.length === 0) return [];
  const widest = Math.max(...properties.map(([name]) => name.length));
  const lines = properties.flatMap(([name, property]) => {
    const value = property.default === undefined ? "must be given" : `default ${JSON.stringify(property.default)}`;
    const called = theirs.get(name);
    const foreign = called === undefined || called === name ? "" : ` (mergekit: ${called})`;
    return [
      ...wrapRow([style.bold(name), `${boundsOf(property)}; ${value}${foreign}`], [widest], columns, "  "),
      ...wrapRow(["", property.description ?? ""], [widest], columns, "  ").map((line) => style.dim(line)),
    ];
  });
  return [[title, ...lines].join("\n")];
}

interface Look {
  readonly style: Style;
  readonly columns: number;
}

/** One method with everything that a recipe can say to it. */
export function renderMethod(method: MethodDescription, look: Look): string {
  const { style, columns } = look;
  const name = mergekitNameOf(method);
  const isTheirs = isMergekitMethod(name);
  const theirs = new Map(isTheirs ? rulesOf(name)?.settings.map((rule) => [rule.to, rule.name]) : []);
  const needs: [string, string][] = method.statistics === null ? [] : [["statistics", statisticsOf(method.statistics)]];
  const facts: [string, string][] = [
    ["family", method.family],
    ["parents", `${parentsOf(method)}: ${method.accepts.map((space) => holds[space]).join(" or ")}`],
    ["base", method.base],
    ...needs,
    ["result", holds[method.output]],
    ["source", method.source],
    ["mergekit", isTheirs ? name : "has no such method"],
  ];
  const laws = method.laws.flatMap((law) => wrap(law, columns - 4).map((line, i) => `${i === 0 ? "  - " : "    "}${line}`));
  return [
    [style.bold(`${method.title} (${method.id}, version ${method.version})`), ...wrap(method.summary, columns)].join("\n"),
    renderFacts(facts, style),
    ...renderSettings("What a recipe may say for each parent", method.parentParametersSchema, theirs, look),
    ...renderSettings("Parameters", method.parametersSchema, theirs, look),
    ["Laws, each checked by a property test", ...laws].join("\n"),
  ].join("\n\n");
}
