import { createHash } from "node:crypto";
import type { Checkpoint } from "../checkpoint.ts";
import type { Plan } from "../planned.ts";
import { methodOf, type Recipe } from "../recipe.ts";
import { cardModels, modelCard } from "./card.ts";
import type { Companions, SmallFile } from "./companion-files.ts";
import { engineVersion } from "./engine-version.ts";
import type { MergedFile } from "./merge-options.ts";
import type { OutputLayout } from "./output-layout.ts";

/** Raised when a reader of amalgam.json could misunderstand it. */
const manifestVersion = 1;

interface Describing {
  readonly plan: Plan;
  readonly models: readonly Checkpoint[];
  readonly companions: Companions;
  readonly layout: OutputLayout;
  readonly maxShardBytes: number;
  readonly digests: readonly string[] | null;
  readonly identity: string | null;
  readonly weights: readonly MergedFile<string | null>[];
  /** Files that the method adds */
  readonly added: readonly SmallFile[];
  /** Further fields of the manifest */
  readonly manifest: Readonly<Record<string, unknown>> | undefined;
}

/** References of the models as the recipe gives them, base first. */
const referencesOf = ({ base, parents }: Recipe): string[] => [
  ...(base === null ? [] : [base]),
  ...parents.map(({ model }) => model),
];

/** Everything but the weights. The same merge gives the same bytes: nothing here depends on time, machine or threads. */
export async function smallFiles(describing: Describing): Promise<SmallFile[]> {
  const { plan, models, companions, layout, digests, identity, weights } = describing;
  const text = (path: string, content: string): SmallFile => ({ path, data: new TextEncoder().encode(content) });
  const json = (path: string, value: unknown) => text(path, `${JSON.stringify(value, null, 2)}\n`);
  const { config } = companions;
  const labels = models.map(({ header }) => header.label);
  const described = cardModels(plan, labels, digests ?? []);
  const files = [
    ...(config === null ? [] : [json("config.json", config)]),
    ...(layout.index === null ? [] : [text("model.safetensors.index.json", layout.index)]),
    ...companions.files,
    ...describing.added,
    text("README.md", modelCard(plan, described, identity)),
  ];
  const references = referencesOf(plan.recipe);
  const { id, version } = methodOf(plan.recipe);
  const manifest = {
    version: manifestVersion,
    identity,
    engine: engineVersion,
    method: { id, version },
    recipe: plan.recipe,
    maxShardBytes: describing.maxShardBytes,
    models: described.map((model, i) => ({ ...model, reference: references[i] ?? null })),
    ...(plan.statistics.length === 0 ? {} : { statistics: describeStatistics(plan) }),
    excluded: plan.excluded,
    copied: plan.copied,
    ...describeVocabulary(plan, labels),
    notes: plan.notes,
    files: [...weights, ...files.map(describeFile)].sort((a, b) => (a.path < b.path ? -1 : 1)),
    ...describing.manifest,
  };
  return [...files, json("amalgam.json", manifest)];
}

/** Each statistic by its key, with its place in the recipe. */
const describeStatistics = ({ statistics }: Plan) =>
  statistics.map(({ value: { key, about }, path }) => ({
    path: path.map(String),
    ...{ key, kind: about.kind, estimator: about.estimator, lambda: about.lambda, examples: about.examples },
  }));

/** The merged vocabulary, when the recipe has a tokenizer policy. */
function describeVocabulary({ alignment }: Plan, labels: readonly string[]): Readonly<Record<string, unknown>> {
  if (alignment === null) return {};
  const { vocabulary, rows } = alignment;
  return { vocabulary: { owner: labels[vocabulary.owner], tokens: vocabulary.tokens.length, rows } };
}

export const describeFile = ({ path, data }: SmallFile): MergedFile => ({
  path,
  sha256: createHash("sha256").update(data).digest("hex"),
  sizeBytes: data.length,
});
