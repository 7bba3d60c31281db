/**
 * What the engine knows about architectures: which tensors are a task's own head, to be left out of a merge by default
 * (heads of different label spaces must not be mixed), and what is left when they are.
 */
interface Family {
  readonly architecture: RegExp;
  readonly heads: readonly string[];
  /** Architecture of the trunk alone */
  readonly trunk: string;
}

const families: readonly Family[] = [
  { architecture: /^Bert(Model|For[A-Za-z]+)$/, heads: ["classifier.*", "cls.*", "qa_outputs.*"], trunk: "BertModel" },
];

const architecturesOf = (config: Readonly<Record<string, unknown>> | null): string[] =>
  Array.isArray(config?.["architectures"]) ? config["architectures"].filter((name) => typeof name === "string") : [];

const familyOf = (config: Readonly<Record<string, unknown>> | null): Family | undefined =>
  families.find(({ architecture }) => architecturesOf(config).some((name) => architecture.test(name)));

/** Globs of the heads of the given checkpoints' architectures; none for an architecture that is not known. */
export const headPatterns = (configs: readonly (Readonly<Record<string, unknown>> | null)[]): string[] => [
  ...new Set(configs.flatMap((config) => familyOf(config)?.heads ?? [])),
];

/** Keys of config.json that describe a task's head. */
const headKeys = ["id2label", "label2id", "num_labels", "problem_type", "finetuning_task"];

/** config.json of the trunk: its architecture, without what describes a head. An unknown architecture stays as it is. */
export function trunkConfig(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const family = familyOf(config);
  if (family === undefined) return { ...config };
  const rest = Object.entries(config).filter(([key]) => !headKeys.includes(key));
  return { ...Object.fromEntries(rest), architectures: [family.trunk] };
}

/** A glob with * only, over the whole name. */
export function matchesGlob(glob: string, name: string): boolean {
  const [first = "", ...rest] = glob.split("*");
  const last = rest.pop();
  if (last === undefined) return glob === name;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  // Greedy from the left is exact for globs; no regular expression, so no pattern can run for ever.
  let at = first.length;
  const stop = name.length - last.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > stop) return false;
    at = found + part.length;
  }
  return at <= stop;
}
