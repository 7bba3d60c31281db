import type { MergeMethod } from "./define-method.ts";
import { type Fault, fault } from "./fault.ts";
import type { Recipe } from "./recipe.ts";
import { ownOf } from "./recipe-models.ts";
import { keyOf } from "./reference.ts";
import { isVarying, type Settings } from "./settings.ts";
import { checkStatisticsNamed } from "./statistics/check-statistics.ts";

interface Reading {
  /** Every part could be read, so that the method can judge them together */
  readonly isComplete: boolean;
  /** Statistics that the method needs may be left out */
  readonly areMeasuredLater: boolean;
}

/** What is at fault in a recipe as a whole. */
export function checkRecipe(method: MergeMethod, recipe: Recipe, { isComplete, areMeasuredLater }: Reading): Fault[] {
  const { base } = recipe;
  const faults = [
    ...checkCount(method, recipe),
    ...checkDuplicates(method, recipe),
    ...(base === null && method.base === "required"
      ? [fault("BASE_MISSING", `${method.title} needs a base; add "base" to the recipe.`, ["base"])]
      : []),
    ...(base !== null && method.base === "none"
      ? [fault("BASE_UNUSED", `${method.title} takes no base; remove "base" from the recipe.`, ["base"])]
      : []),
    ...checkDtype(method, recipe),
    ...checkTokenizer(recipe),
    ...checkAdapterRecipe(method, recipe),
    ...checkStatisticsNamed(method, recipe, areMeasuredLater),
  ];
  // What varies over the model is judged tensor by tensor, when the tensors are known.
  const owns = recipe.parents.map(ownOf);
  const isConstant = ![recipe.parameters, ...owns].some((settings) => Object.values(settings).some(isVarying));
  if (isComplete && isConstant && recipe.slices === null) faults.push(...method.check(owns, recipe.parameters));
  return faults;
}

/** Parents of the recipe, or the sources of each slice, which then are what the method sees. */
function checkCount(method: MergeMethod, { parents, slices, base, baseAdapter }: Recipe): Fault[] {
  const { min, max } = method.arity;
  const count = (given: number, path: readonly (string | number)[]): Fault[] => {
    if (given >= min && (max === null || given <= max)) return [];
    const wanted = min === max ? `exactly ${min}` : given < min ? `at least ${min}` : `at most ${max}`;
    const noun = (min === max || given < min ? min : max) === 1 ? "parent" : "parents";
    const where = slices === null ? "" : " in each slice";
    return [fault("PARENT_COUNT", `${method.title} takes ${wanted} ${noun}${where}, not ${given}.`, path)];
  };
  if (slices === null) return count(parents.length, ["parents"]);
  const known = new Set(parents.map(keyOf));
  const baseKey = base === null ? null : keyOf(baseAdapter === null ? { model: base } : { model: base, adapter: baseAdapter });
  return slices.flatMap(({ sources }, s) => {
    const contributing = sources.map(keyOf).filter((key) => key !== baseKey || known.has(key));
    return count(contributing.length, ["slices", s, "sources"]);
  });
}

function checkDuplicates(method: MergeMethod, { parents }: Recipe): Fault[] {
  const seen = new Set<string>();
  return parents.flatMap((parent, i) => {
    const key = keyOf(parent);
    const isSecond = seen.has(key);
    seen.add(key);
    return isSecond ? [duplicateParent(method, key, i)] : [];
  });
}

/** A parent listed twice: for weighted methods it is another spelling of a larger weight, for the others it has no meaning. */
export function duplicateParent(method: MergeMethod, label: string, position: number): Fault {
  const isWeighted = Object.hasOwn(method.perParent.shape, "weight");
  const advice = isWeighted ? "list it once and add the weights" : "name two different models";
  return fault("PARENT_TWICE", `The parent ${label} is listed twice; ${advice}.`, ["parents", position, "model"]);
}

function checkDtype(method: MergeMethod, { dtype }: Recipe): Fault[] {
  if (method.output === "weights" || method.output === "adapter" || dtype === null || dtype === "F32") return [];
  return [
    fault("DTYPE_UNSUPPORTED", `${method.title} writes F32 so that nothing of the difference is lost; remove "dtype".`, [
      "dtype",
    ]),
  ];
}

/** Methods that make adapters work module by module, all in the same way, and have no tokenizer. */
function checkAdapterRecipe(method: MergeMethod, { parameters, parents, slices, tokenizer, chatTemplate }: Recipe): Fault[] {
  if (method.adapters === null) return [];
  const useless = (value: unknown, key: string, why: string): Fault[] =>
    value === null ? [] : [fault("KEY_UNUSED", `${method.title} ${why}; remove ${key}.`, [key])];
  const varying = (settings: Settings, path: readonly (string | number)[]): Fault[] =>
    Object.entries(settings).flatMap(([name, setting]) =>
      isVarying(setting)
        ? [fault("SETTING_VARIES", `${method.title} takes one value for all modules; write a single ${name}.`, [...path, name])]
        : [],
    );
  return [
    ...useless(slices, "slices", "stacks no layers"),
    ...useless(tokenizer, "tokenizer", "makes an adapter, which has no tokenizer"),
    ...useless(chatTemplate, "chatTemplate", "makes an adapter, which has no tokenizer"),
    ...varying(parameters, ["parameters"]),
    ...parents.flatMap((parent, i) => varying(ownOf(parent), ["parents", i])),
    ...parents.flatMap(({ adapter }, i) =>
      adapter === undefined || !method.accepts.includes("adapter")
        ? []
        : [
            fault("ADAPTER_UNUSED", `${method.title} merges adapters; name the adapter itself as the parent.`, [
              "parents",
              i,
              "adapter",
            ]),
          ],
    ),
  ];
}

/** A tokenizer policy speaks of models of the merge. */
function checkTokenizer({ tokenizer, base, parents }: Recipe): Fault[] {
  if (tokenizer === null) return [];
  const known = new Set([...parents.flatMap((parent) => [parent.model, keyOf(parent)]), ...(base === null ? [] : [base])]);
  const check = (model: string, path: readonly string[]): Fault[] =>
    known.has(model)
      ? []
      : [fault("MODEL_UNKNOWN", `${path.join(".")}: ${model} is neither a parent nor the base; name one of them.`, path)];
  const source = ["tokenizer", "source"];
  if (tokenizer.source === "base" && base === null && !known.has("base"))
    return [fault("BASE_MISSING", "tokenizer.source: the recipe has no base; write union or the name of a parent.", source)];
  return [
    ...(tokenizer.source === "union" || tokenizer.source === "base" ? [] : check(tokenizer.source, source)),
    ...Object.entries(tokenizer.tokens).flatMap(([token, rule]) => {
      const path = ["tokenizer", "tokens", token, "source"];
      if (rule.source?.kind !== "model" && rule.source?.kind !== "model_token") return [];
      return check(rule.source.model, [...path, "model"]);
    }),
  ];
}
