import type { Plan } from "../plan.ts";
import { coefficientsOf, methodOf, ownOf } from "../recipe.ts";

export interface CardModel {
  readonly role: "base" | "parent";
  readonly label: string;
  /** Content digest, when known */
  readonly digest: string | null;
  readonly coefficient: number | null;
}

/** The models of a merge with their share, base first. */
export function cardModels(plan: Plan, labels: readonly string[], digests: readonly (string | null)[]): CardModel[] {
  const { base, parents } = coefficientsOf(plan.recipe);
  const shares = plan.recipe.base === null ? parents : [base, ...parents];
  return labels.map((label, k) => ({
    role: k === 0 && plan.recipe.base !== null ? "base" : "parent",
    label,
    digest: digests[k] ?? null,
    coefficient: shares[k] ?? null,
  }));
}

/** As code: a label comes from outside and must not become markup, a link or a new line of the card. */
const code = (text: string): string => `\`${text.replace(/[`|\p{Cc}\p{Cf}\u2028\u2029]/gu, " ").slice(0, 300)}\``;
const share = (coefficient: number | null): string => (coefficient === null ? "" : String(Number(coefficient.toPrecision(6))));

const describeStatistic = ({ value: { label, key, about } }: Plan["statistics"][number]): string =>
  `- ${code(label)}: ${about.kind}, ${code(about.estimator)}, λ ${about.lambda}, ${about.examples} examples, key \`${key}\``;

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** README.md of a merged model. The same merge gives the same card. */
export function modelCard(plan: Plan, models: readonly CardModel[], identity: string | null): string {
  const method = methodOf(plan.recipe);
  const rows = models.map(
    ({ role, label, digest, coefficient }) =>
      `| ${role} | ${code(label)} | ${share(coefficient)} | ${digest === null ? "not computed" : `\`${digest}\``} |`,
  );
  const parameters = Object.entries(plan.recipe.parameters).map(([name, value]) => `- ${name}: ${code(textOf(value))}`);
  const own = plan.recipe.parents.flatMap((parent, i) => {
    const settings = Object.entries(ownOf(parent));
    const label = models.filter(({ role }) => role === "parent")[i]?.label ?? parent.model;
    return settings.length === 0
      ? []
      : [`- ${code(label)}: ${code(settings.map(([name, value]) => `${name} ${textOf(value)}`).join(", "))}`];
  });
  const title = plan.output === "delta" ? "Task vector" : plan.output === "adapter" ? "LoRA adapter" : "Merged model";
  return [
    "---",
    `library_name: ${plan.output === "adapter" ? "peft" : "transformers"}`,
    "tags:",
    "- merge",
    "- amalgam",
    "---",
    "",
    `# ${title}`,
    "",
    `Made by Amalgam with **${method.title}** (\`${method.id}\`, version ${method.version}): ${method.summary} Source: <${method.source}>.`,
    "",
    "| role | model | coefficient | sha256 |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
    ...(parameters.length > 0 ? ["Parameters:", "", ...parameters, ""] : []),
    ...(plan.statistics.length > 0 ? ["Statistics:", "", ...plan.statistics.map(describeStatistic), ""] : []),
    ...(own.length > 0 ? ["Settings of the parents:", "", ...own, ""] : []),
    `${plan.tensors.length} tensors, ${plan.writeBytes} bytes.${plan.output === "delta" ? " These are differences to the base, not weights: they cannot be loaded as a model." : ""}`,
    ...plan.notes.map((note) => `- ${note.replace(/[<>\p{Cc}]/gu, " ").replace(/[*_]/g, "\\$&")}`),
    "",
    ...(identity === null
      ? []
      : [
          `Identity of the merge: \`${identity}\`. The same identity gives the same bytes; \`amalgam.json\` holds the whole recipe.`,
          "",
        ]),
  ].join("\n");
}
