import { refuse } from "../fault.ts";

/** Values of modules by whole name or last parts; with ^ in front the whole name is meant. Of several that fit the first holds. */
export type ModulePattern = ReadonlyMap<string, { readonly place: number; readonly value: number }>;

/** @param entries as they stand in the file */
export function modulePattern(entries: Iterable<readonly [name: string, value: number]>): ModulePattern {
  const pattern = new Map<string, { place: number; value: number }>();
  for (const [written, value] of entries) {
    const name = written.replaceAll("\\.", ".");
    if (!pattern.has(name)) pattern.set(name, { place: pattern.size, value });
  }
  return pattern;
}

/** What adapter_config.json says, checked. */
export interface AdapterConfig {
  /** base_model_name_or_path */
  readonly baseModel: string | null;
  /** r: rank of modules that no pattern names */
  readonly rank: number;
  /** lora_alpha of modules that no pattern names */
  readonly alpha: number;
  /** use_rslora: the scale is alpha / √rank instead of alpha / rank */
  readonly rankStabilised: boolean;
  /** fan_in_fan_out: linear weights of the base are stored [in, out] */
  readonly fanInFanOut: boolean;
  readonly rankPattern: ModulePattern;
  readonly alphaPattern: ModulePattern;
  /** Names, or one regular expression as PEFT understands it; never run here */
  readonly targetModules: readonly string[] | string | null;
  /** Modules whose whole weights lie in the adapter and replace those of the base */
  readonly modulesToSave: readonly string[];
}

const maxRank = 65_536;
/** Also of what is written: what cannot be read again is not written. */
export const maxAlpha = 1_000_000;

/** Fields that change what an adapter means: anything but these values is refused. The rest says how it was trained. */
const neutral: Readonly<Record<string, { readonly values: readonly unknown[]; readonly what: string }>> = {
  bias: { values: ["none"], what: "trained biases" },
  use_dora: { values: [false], what: "DoRA" },
  use_qalora: { values: [false], what: "QALoRA" },
  lora_bias: { values: [false], what: "biases on B" },
  layer_replication: { values: [], what: "replicated layers" },
  megatron_config: { values: [], what: "Megatron layers" },
  trainable_token_indices: { values: [], what: "trained token embeddings" },
  alora_invocation_tokens: { values: [], what: "activation by tokens (aLoRA)" },
  arrow_config: { values: [], what: "Arrow routing" },
  // Others start from factors that are taken out of the base's weights: the adapter then belongs to a base that was changed.
  init_lora_weights: { values: [true, false, "gaussian", "eva"], what: "an initialisation that changes the base" },
};

/** How the factors started and what runs while training: nothing that is left in the result. */
const harmless = new Set([
  "use_rslora",
  "eva_config",
  "corda_config",
  "lora_ga_config",
  "loftq_config",
  "velora_config",
  "runtime_config",
]);

/**
 * Reads adapter_config.json of a PEFT LoRA adapter.
 * Limits: LoRA only; keys of rank_pattern and alpha_pattern must be names, not regular expressions.
 * Source: LoraConfig of huggingface/peft.
 * @param label name of the adapter for messages
 * @throws RefusedError ADAPTER_CONFIG_INVALID for broken fields, ADAPTER_UNSUPPORTED for what cannot be merged, by name
 */
export function parseAdapterConfig(text: string, label: string): AdapterConfig {
  const fields = new ConfigFields(text, label);
  const type = fields.get("peft_type");
  if (type !== "LORA") throw fields.unsupported("peft_type", `the adapter type ${JSON.stringify(type ?? null)}; only LORA is`);
  for (const [key, { values, what }] of Object.entries(neutral)) {
    const value = fields.get(key);
    if (!isEmpty(value) && !values.includes(value)) throw fields.unsupported(key, `${what} (${key} ${short(value)})`);
  }
  fields.refuseUnknownSwitches();
  const parameters = fields.get("target_parameters");
  if (Array.isArray(parameters) && parameters.length > 0)
    throw fields.unsupported("target_parameters", "LoRA on bare parameters");
  const target = fields.get("target_modules");
  return {
    baseModel: fields.text("base_model_name_or_path"),
    rank: checkRank(fields, "r", fields.get("r") ?? 8),
    alpha: checkAlpha(fields, "lora_alpha", fields.get("lora_alpha") ?? 8),
    rankStabilised: fields.flag("use_rslora"),
    fanInFanOut: fields.flag("fan_in_fan_out"),
    rankPattern: fields.pattern("rank_pattern", checkRank),
    alphaPattern: fields.pattern("alpha_pattern", checkAlpha),
    targetModules: typeof target === "string" ? target : target === null ? null : fields.names("target_modules"),
    modulesToSave: fields.names("modules_to_save"),
  };
}

const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === "object" && value !== null && Object.keys(value).length === 0);

/** Rank and scale of a module, e.g. "model.layers.0.self_attn.q_proj". A pattern names it by its whole name or its last parts. */
export function moduleSettings(
  config: Pick<AdapterConfig, "rank" | "alpha" | "rankStabilised" | "rankPattern" | "alphaPattern">,
  module: string,
): { readonly rank: number; readonly scale: number } {
  const rank = matching(config.rankPattern, module) ?? config.rank;
  const alpha = matching(config.alphaPattern, module) ?? config.alpha;
  return { rank, scale: alpha / (config.rankStabilised ? Math.sqrt(rank) : rank) };
}

/** Looks up each end of the name rather than trying each entry: files of strangers may hold many of both. */
function matching(pattern: ModulePattern, module: string): number | undefined {
  const parts = module.split(".");
  const names = [`^${module}`, ...parts.map((_, i) => parts.slice(i).join("."))];
  const found = names.flatMap((name) => pattern.get(name) ?? []);
  return found.sort((a, b) => a.place - b.place)[0]?.value;
}

const short = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

function checkRank(fields: ConfigFields, key: string, value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= maxRank) return value;
  throw fields.invalid(key, value, `a whole number from 1 to ${maxRank}`);
}

function checkAlpha(fields: ConfigFields, key: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value <= maxAlpha) return value;
  throw fields.invalid(key, value, `a number from 0 to ${maxAlpha}`);
}

/** Values of a JSON object by kind; a value of another kind is refused with its key. */
class ConfigFields {
  readonly #fields: ReadonlyMap<string, unknown>;
  readonly #label: string;

  constructor(text: string, label: string) {
    this.#label = label;
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      parsed = null;
    }
    if (parsed === null || typeof parsed !== "object" || Array.isArray(parsed))
      throw refuse("ADAPTER_CONFIG_INVALID", `${label}: adapter_config.json is not a JSON object.`);
    this.#fields = new Map(Object.entries(parsed));
  }

  /** null when it is missing */
  get(key: string): unknown {
    return this.#fields.get(key) ?? null;
  }

  text(key: string): string | null {
    const value = this.get(key);
    if (value === null || typeof value === "string") return value;
    throw this.invalid(key, value, "a string");
  }

  flag(key: string): boolean {
    const value = this.get(key) ?? false;
    if (typeof value === "boolean") return value;
    throw this.invalid(key, value, "true or false");
  }

  names(key: string): readonly string[] {
    const value: unknown = this.get(key) ?? [];
    if (Array.isArray(value) && value.every((name) => typeof name === "string" && name !== "")) return value;
    throw this.invalid(key, value, "a list of names");
  }

  pattern(key: string, check: (fields: ConfigFields, key: string, value: unknown) => number): ModulePattern {
    const value = this.get(key) ?? {};
    if (typeof value !== "object" || Array.isArray(value)) throw this.invalid(key, value, "an object");
    return modulePattern(
      Object.entries(value).map(([name, entry]): [string, number] => {
        // A regular expression of a stranger can run for ever.
        if (!/^\^?(?:[\w-]|\\?\.)+$/.test(name))
          throw this.unsupported(key, `the key ${short(name)} of ${key}: write the name of a module instead of an expression`);
        return [name, check(this, `${key}.${short(name)}`, entry)];
      }),
    );
  }

  /** A variant of LoRA that did not exist when this was written may mean anything. */
  refuseUnknownSwitches(): void {
    for (const [key, value] of this.#fields) {
      const isSwitch = /^use_|_config$/.test(key) && !harmless.has(key) && !Object.hasOwn(neutral, key);
      if (isSwitch && value !== false && !isEmpty(value)) throw this.unsupported(key, `${key} ${short(value)}`);
    }
  }

  invalid(key: string, value: unknown, expected: string) {
    const message = `${this.#label}: ${key} of adapter_config.json is ${short(value)}, not ${expected}.`;
    return refuse("ADAPTER_CONFIG_INVALID", message, [key]);
  }

  unsupported(key: string, what: string) {
    return refuse("ADAPTER_UNSUPPORTED", `${this.#label}: adapter_config.json asks for what is not supported: ${what}.`, [key]);
  }
}
