// docs/methods.md from the engine's list of methods: node --conditions=source --import tsx scripts/methods-page.mjs [--check]
import fs from "node:fs";
import path from "node:path";
import { describeMethods, universalLawSentences } from "@amalgam/engine/merge";

const root = path.resolve(import.meta.dirname, "..");
export const pageFile = path.join(root, "docs/methods.md");
const methodsFolder = path.join(root, "packages/engine/src/merge/methods");

/** The comment above `defineMethod`: formula and limits, kept beside the code that they describe. */
function commentOf(id) {
  const source = fs.readFileSync(path.join(methodsFolder, `${id.replaceAll("_", "-")}.ts`), "utf8");
  const [, comment] = /\/\*\*\n((?: \*.*\n)+?) \*\/\nexport const \w+ = defineMethod\(/.exec(source) ?? [];
  if (!comment) throw new Error(`${id}.ts has no comment above defineMethod; it needs one with the formula.`);
  return comment
    .split("\n")
    .filter(Boolean)
    .map((line) => line.replace(/^ \* ?/, ""));
}

/** Indented lines are formulas and become code; the rest flows as text, a line that starts a new thought (Limits:) as a paragraph. */
function toMarkdown(lines) {
  const blocks = [];
  for (const line of lines.filter((each) => !each.startsWith("Source:"))) {
    const kind = line.startsWith("  ") ? "code" : "text";
    const last = blocks.at(-1);
    if (last?.kind === kind && !/^[A-Z]\w*:/.test(line)) last.lines.push(line);
    else blocks.push({ kind, lines: [line] });
  }
  return blocks
    .map(({ kind, lines: own }) =>
      kind === "code" ? ["```text", ...own.map((line) => line.slice(2)), "```"].join("\n") : own.join("\n"),
    )
    .join("\n\n");
}

const parentsOf = ({ minParents, maxParents }) =>
  maxParents === null ? `${minParents} or more` : minParents === maxParents ? `${minParents}` : `${minParents} to ${maxParents}`;

/** Bounds that every whole number has are no bounds. */
const bound = (value) => (value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER ? null : value);

function rangeOf({ enum: options, minimum, exclusiveMinimum, maximum, exclusiveMaximum }) {
  if (options) return options.map((option) => `\`${option}\``).join(", ");
  const low = bound(minimum) ?? (bound(exclusiveMinimum) === null ? null : `above ${exclusiveMinimum}`);
  const high = bound(maximum) ?? (bound(exclusiveMaximum) === null ? null : `below ${exclusiveMaximum}`);
  if (low !== null && high !== null) return `${low} to ${high}`;
  return low !== null ? `from ${low}` : high !== null ? `up to ${high}` : "";
}

const typeOf = ({ type, enum: options }) => (options ? "one of" : type === "integer" ? "whole number" : (type ?? "value"));

const rowsOf = (schema, of) =>
  Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const value = property.default === undefined ? "must be given" : `\`${JSON.stringify(property.default)}\``;
    return `| \`${name}\`${of} | ${typeOf(property)} | ${rangeOf(property)} | ${value} | ${property.description ?? ""} |`;
  });

function parameterRows({ parametersSchema, parentParametersSchema }) {
  const rows = [...rowsOf(parentParametersSchema, " of a parent"), ...rowsOf(parametersSchema, "")];
  if (rows.length === 0) return "No parameters.";
  return ["| Parameter | Type | Range or options | Default | Meaning |", "| --- | --- | --- | --- | --- |", ...rows].join("\n");
}

const holds = {
  weights: "weights",
  delta: "task vectors",
  tasks: "vector and masks of several tasks",
  adapter: "LoRA adapters",
};

/** What `amalgam statistics` has to measure before. */
function statisticsOf({ statistics: need }) {
  if (need === null) return "";
  const own = need.at === "scaled" ? "one or more of each parent" : "one of each parent";
  const base = need.of === "parents+base" ? ", one of the base" : "";
  return ` [Statistics](statistics.md): ${need.kind}, ${own}${base}.`;
}

const results = { ...holds, delta: "a task vector", adapter: "a LoRA adapter" };

function section(method) {
  const parents = method.accepts.map((space) => holds[space]).join(" or ");
  return `## ${method.title} (\`${method.id}\`, version ${method.version})

${toMarkdown(commentOf(method.id))}

Base: ${method.base}. Parents: ${parentsOf(method)}, ${parents}.${statisticsOf(method)} Result: ${results[method.output]}. Source: <${method.source}>

${parameterRows(method)}

Laws, each checked by a property test:

${method.laws.map((sentence) => `- ${sentence}`).join("\n")}`;
}

const capitalised = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Where GitHub finds the heading of a method. */
const anchorOf = ({ title, id, version }) =>
  `${title} (${id}, version ${version})`
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");

function overview(methods) {
  const families = [...new Set(methods.map(({ family }) => family))];
  const rows = families.flatMap((family) =>
    methods
      .filter((method) => method.family === family)
      .map(
        (method, i) => `| ${i === 0 ? capitalised(family) : ""} | [\`${method.id}\`](#${anchorOf(method)}) | ${method.summary} |`,
      ),
  );
  return ["| Family | Method | What it does |", "| --- | --- | --- |", ...rows].join("\n");
}

export function methodsPage() {
  const methods = describeMethods();
  return `<!-- Generated by scripts/methods-page.mjs; edit the methods instead. -->
# Merge methods

${overview(methods)}

x are the parents, w their weights, τ their task vectors, out the result, tensor by tensor. Every parameter may vary over the model:
a list of numbers is interpolated over the layers, a list of cases \`{filter, value}\` decides by a part of the tensor's name.

Every method also obeys:

${universalLawSentences.map((sentence) => `- ${sentence}`).join("\n")}

${methods.map(section).join("\n\n")}
`;
}

if (process.argv[1] === import.meta.filename) {
  const isStale = !fs.existsSync(pageFile) || fs.readFileSync(pageFile, "utf8") !== methodsPage();
  if (!process.argv.includes("--check")) fs.writeFileSync(pageFile, methodsPage());
  else if (isStale) {
    console.error("docs/methods.md is stale. Run node --conditions=source --import tsx scripts/methods-page.mjs");
    process.exitCode = 1;
  }
}
