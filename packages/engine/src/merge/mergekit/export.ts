import { type ScalarTag, stringify } from "yaml";
import { type Fault, fault, RefusedError } from "../fault.ts";
import { defaultOf } from "../read-settings.ts";
import { methodOf, ownOf, type Recipe, type RecipeParent, type RecipeSlice } from "../recipe.ts";
import type { Fields } from "../record.ts";
import { keyOf } from "../reference.ts";
import { mapSetting, type Scalar, type Setting, type Settings, scalarsOf, withFallback } from "../settings.ts";
import { listed, referencesIn } from "../statistics/statistic-header.ts";
import { isMergekitMethod, type MethodRules, mergekitNameOf, rulesOf, type SettingRule } from "./method-rules.ts";
import { writeTokenizer } from "./tokenizer.ts";
import { placeOf, schemaOf } from "./translate-settings.ts";

type Path = readonly (string | number)[];

const dtypes = { F32: "float32", F16: "float16", BF16: "bfloat16" } as const;

/**
 * Writes a recipe as mergekit configuration. Reading it back gives the same recipe. Methods that mergekit lacks keep their id as
 * merge_method, which only Amalgam reads.
 * @throws RefusedError with one fault for everything that mergekit cannot say
 */
export function exportMergekit(recipe: Recipe): string {
  const name = mergekitNameOf(methodOf(recipe));
  const rules = rulesOf(name);
  if (rules === null) throw new Error(`There are no rules for ${name}.`);
  const writer = new Writer(rules, recipe);
  const config = writer.write();
  if (writer.faults.length > 0) throw new RefusedError(writer.faults);
  // No anchors: mergekit reads them, people stumble over them. Quoted as for YAML 1.1, which mergekit's parser reads.
  return stringify(config, {
    aliasDuplicateObjects: false,
    lineWidth: 0,
    version: "1.1",
    customTags: (tags) => [exponent, ...tags],
  });
}

/** 1e-8 is a text in YAML 1.1; 1.0e-8 is a number in both. */
const exponent: ScalarTag = {
  identify: (value) => typeof value === "number" && String(value).includes("e"),
  default: true,
  tag: "tag:yaml.org,2002:float",
  test: /^[-+]?\d+\.0e[-+]?\d+$/,
  resolve: Number,
  stringify: ({ value }) => String(value).replace(/^(-?\d+)e/, "$1.0e"),
};

class Writer {
  readonly faults: Fault[] = [];
  readonly #rules: MethodRules;
  readonly #recipe: Recipe;
  readonly #isTheirs: boolean;

  constructor(rules: MethodRules, recipe: Recipe) {
    this.#rules = rules;
    this.#recipe = recipe;
    this.#isTheirs = isMergekitMethod(rules.name);
  }

  get #baseKey(): string | null {
    const { base, baseAdapter } = this.#recipe;
    return base === null ? null : keyOf(baseAdapter === null ? { model: base } : { model: base, adapter: baseAdapter });
  }

  write(): Fields {
    const { parents, slices, parameters, dtype, tokenizer, chatTemplate } = this.#recipe;
    const base = this.#base();
    this.#checkFixed();
    for (const { path } of listed(referencesIn(this.#recipe)))
      this.#refuse(path, "a mergekit configuration knows no statistics.");
    const common = this.#parameters(parameters, ["parameters"]);
    const [form, body, own] = slices === null ? this.#models(parents) : this.#slices(slices);
    const written = { ...common, ...own };
    return {
      merge_method: this.#rules.name,
      ...(base === null ? {} : { base_model: base }),
      [form]: body,
      ...(Object.keys(written).length === 0 ? {} : { parameters: written }),
      ...(dtype === null ? {} : { dtype: "float32" }),
      ...(dtype === null || dtype === "F32" ? {} : { out_dtype: dtypes[dtype] }),
      ...(tokenizer === null ? {} : { tokenizer: writeTokenizer(tokenizer) }),
      ...(chatTemplate === null ? {} : { chat_template: chatTemplate }),
      ...this.#ownBlock(),
    };
  }

  #refuse(path: Path, why: string): void {
    this.faults.push(fault("MERGEKIT_INEXPRESSIBLE", `${path.join(".")}: ${why}`, path));
  }

  #base(): string | null {
    const { parents, slices } = this.#recipe;
    if (this.#rules.base !== "first") return this.#baseKey;
    const [first] = parents;
    const key = first === undefined ? null : keyOf(first);
    slices?.forEach(({ sources: [source] }, s) => {
      if (source !== undefined && keyOf(source) !== key)
        this.#refuse(
          ["slices", s, "sources"],
          `mergekit's ${this.#rules.name} begins every slice with the same model; put ${key} first.`,
        );
    });
    return key;
  }

  /** Parameters that mergekit has fixed, and those it does not know, must be as mergekit has them. */
  #checkFixed(): void {
    const { name, fixed, settings, method } = this.#rules;
    const written = new Set([...settings.map(({ to }) => to), ...(name === "nuslerp" ? ["granularity"] : [])]);
    const check = (values: Settings, path: Path): void => {
      for (const [key, value] of Object.entries(values)) {
        if (written.has(key)) continue;
        const wanted = Object.hasOwn(fixed, key) ? fixed[key] : defaultOf(schemaOf(method, key));
        if (value === wanted) continue;
        const allowed = wanted === undefined ? "leave it out" : `only ${JSON.stringify(wanted)} is possible there`;
        this.#refuse([...path, key], `mergekit's ${name} has no such parameter; ${allowed}.`);
      }
    };
    check(this.#recipe.parameters, ["parameters"]);
    this.#recipe.parents.forEach((parent, i) => {
      check(ownOf(parent), ["parents", i]);
    });
    this.#recipe.slices?.forEach(({ parameters = {}, sources }, s) => {
      check(parameters, ["slices", s, "parameters"]);
      sources.forEach((source, k) => {
        check(ownOf(source), ["slices", s, "sources", k]);
      });
    });
  }

  #models(parents: readonly RecipeParent[]): readonly ["models", unknown, Fields] {
    parents.forEach((parent, i) => {
      if (keyOf(parent) === this.#baseKey)
        this.#refuse(["parents", i, "model"], "mergekit passes over the base among the models; remove it from the parents.");
    });
    const models = parents.map((parent, i) => withParameters({ model: keyOf(parent) }, this.#own(ownOf(parent), ["parents", i])));
    return ["models", models, {}];
  }

  /** mergekit has no settings of a model over all slices: equal ones of all models stand at the top, others at each source. */
  #slices(slices: readonly RecipeSlice[]): readonly ["slices", unknown, Fields] {
    const { parents } = this.#recipe;
    const known = new Map(parents.map((parent) => [keyOf(parent), ownOf(parent)]));
    const all = [...known.values()];
    const isEqual = (name: string) => all.every((own) => JSON.stringify(own[name]) === JSON.stringify(all[0]?.[name]));
    const shared = Object.fromEntries(Object.entries(all[0] ?? {}).filter(([name]) => isEqual(name)));
    const written = slices.map(({ sources, parameters }, s) => {
      const list = sources.map((source, k) => {
        const standing = Object.entries(known.get(keyOf(source)) ?? {}).filter(([name]) => !(name in shared));
        const own = { ...Object.fromEntries(standing) };
        for (const [name, setting] of Object.entries(ownOf(source))) own[name] = withFallback(setting, own[name]) ?? setting;
        const isBase = keyOf(source) === this.#baseKey && !known.has(keyOf(source));
        const entry = { model: keyOf(source), layer_range: [...source.layers] };
        return isBase ? entry : withParameters(entry, this.#own(own, ["slices", s, "sources", k], true));
      });
      return withParameters({ sources: list }, this.#parameters(parameters ?? {}, ["slices", s, "parameters"], true));
    });
    return ["slices", written, this.#own(shared, ["parents", 0])];
  }

  #own(own: Settings, path: Path, always = false): Fields {
    return this.#settings(own, "own", path, always);
  }

  #parameters(parameters: Settings, path: Path, always = false): Fields {
    const written = this.#settings(parameters, "parameters", path, always);
    const granularity = this.#rules.name === "nuslerp" ? parameters["granularity"] : undefined;
    return granularity === undefined ? written : { ...written, ...this.#nuslerpFlags(granularity, path) };
  }

  /** @param always values equal to mergekit's default are written as well: what stands behind them may be another */
  #settings(values: Settings, place: "own" | "parameters", path: Path, always: boolean): Fields {
    const rules = this.#rules.settings.filter((rule) => placeOf(this.#rules.method, rule) === place);
    return Object.fromEntries(
      rules.flatMap((rule): [string, Setting][] => {
        const value = values[rule.to];
        if (value === undefined) return [];
        const theirs = mapSetting(value, (scalar) => this.#theirs(rule, scalar, [...path, rule.to]));
        return !always && theirs === rule.standard ? [] : [[rule.name, theirs]];
      }),
    );
  }

  #theirs({ pairs }: SettingRule, value: Scalar, path: Path): Scalar {
    if (pairs === undefined) return value;
    const pair = pairs.find(([, ours]) => ours === value);
    if (pair !== undefined) return pair[0];
    const possible = pairs.map(([, ours]) => JSON.stringify(ours)).join(" or ");
    this.#refuse(path, `mergekit's ${this.#rules.name} cannot say ${JSON.stringify(value)}; only ${possible} is possible there.`);
    return value;
  }

  #nuslerpFlags(granularity: Setting, path: Path): Fields {
    const used = new Set(scalarsOf(granularity));
    if (path[0] !== "parameters")
      this.#refuse([...path, "granularity"], "mergekit has it for the whole merge only; move it to parameters.");
    if (used.has("row") && used.has("column"))
      this.#refuse([...path, "granularity"], "mergekit has rows or columns, not both in one merge; keep one of them.");
    const flatten = mapSetting(granularity, (value) => value === "tensor");
    return {
      ...(flatten === true ? {} : { nuslerp_flatten: flatten }),
      ...(used.has("column") ? { nuslerp_row_wise: true } : {}),
    };
  }

  #ownBlock(): Fields {
    const { exclude, seed } = this.#recipe;
    if (exclude !== null && this.#isTheirs)
      this.#refuse(["exclude"], "mergekit merges every tensor; remove exclude, or give those tensors a filter.");
    const block = { ...(seed === 0 ? {} : { seed }), ...(exclude === null ? {} : { exclude: [...exclude] }) };
    return Object.keys(block).length === 0 ? {} : { "x-amalgam": block };
  }
}

const withParameters = (entry: Fields, parameters: Fields): Fields =>
  Object.keys(parameters).length === 0 ? entry : { ...entry, parameters };
