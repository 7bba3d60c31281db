import { defineCommand } from "citty";
import { accepted, execute } from "../client/graphql.ts";
import { parseRef } from "../client/refs.ts";
import { resolveServer } from "../client/server.ts";
import { refOf } from "../client/studies.ts";
import { aggregates, type StartStudyInput, samplers, startStudy } from "../client/study-operations.ts";
import { UsageError } from "../failure.ts";
import { readRecipe } from "../local/recipe-file.ts";
import { parseTune } from "../local/tune-option.ts";
import { jsonOption, serverOptions, wholeNumber } from "../options.ts";
import { printable } from "../terminal/format.ts";
import { note, print, printJson } from "../terminal/output.ts";
import { measureOptions, statisticsOf } from "./measure-options.ts";
import { refuseFolders } from "./request.ts";
import { followToEnd } from "./show-study.ts";

export const tune = defineCommand({
  meta: {
    name: "tune",
    description: "Search for the numbers of a recipe that score best, by Bayesian optimisation on the server",
  },
  args: {
    recipe: {
      type: "positional",
      required: true,
      description: "Recipe in YAML or JSON; what is tuned starts from what stands there",
    },
    as: {
      type: "string",
      required: true,
      valueHint: "ns/name[@alias]",
      description: "Name of the study, and of the model whose next version the best becomes",
    },
    suite: { type: "string", valueHint: "ns/name", description: "Suite whose tasks score the trials, on their search splits" },
    tasks: { type: "string", valueHint: "a,b,…", description: "Tasks instead of a suite" },
    tune: {
      type: "string",
      valueHint: "lambda=0:2",
      description:
        "What to tune: weight (one for each parent), weight[0]=0:1, density[*] (one for all), t{self_attn}=0:1, r=1e-4:1:log; repeat, or separate by commas. Default: the method's factor, else the weights",
    },
    budget: { type: "string", valueHint: "n", description: "Most trials; default 30" },
    seed: { type: "string", valueHint: "n", description: "The same seed gives the same trials; default 0" },
    parallel: { type: "string", valueHint: "n", description: "Trials suggested together; default 1" },
    patience: {
      type: "string",
      valueHint: "n",
      description: "Trials without improvement after which it ends; default max(10, twice the numbers)",
    },
    aggregate: {
      type: "string",
      valueHint: "mean|normalised_mean|worst",
      description: "How scores of several tasks become one value; default mean",
    },
    sampler: {
      type: "string",
      valueHint: "auto|gp|turbo|cma_es|random|bayes_opt",
      description: "How the next trial is chosen; default auto",
    },
    ...measureOptions,
    detach: { type: "boolean", description: "Do not wait for the result" },
    ...serverOptions,
    ...jsonOption,
  },
  async run({ args, rawArgs }) {
    const { namespace, name, selector } = parseRef(args.as, "--as");
    if ((args.suite === undefined) === (args.tasks === undefined))
      throw new UsageError("Say what scores the trials: --suite or --tasks.");
    const { recipe, notes } = await readRecipe(args.recipe, { statistics: "later" });
    refuseFolders(recipe);
    const count = (text: string | undefined, option: string, max: number) => wholeNumber(text, option, { min: 0, max });
    const optional = {
      suite: args.suite,
      tasks: args.tasks
        ?.split(",")
        .map((each) => each.trim())
        .filter(Boolean),
      budget: count(args.budget, "--budget", 2000),
      seed: count(args.seed, "--seed", 2 ** 31 - 1),
      parallel: count(args.parallel, "--parallel", 16),
      patience: count(args.patience, "--patience", 2000),
      aggregate: choice(args.aggregate, "--aggregate", aggregates),
      sampler: choice(args.sampler, "--sampler", samplers),
      aliases: selector === null ? undefined : [selector],
      statistics: statisticsOf(args),
    };
    const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
    const input: StartStudyInput = { namespace, name, recipe, tune: parseTune(rawArgs), ...given };
    const server = resolveServer(args, { env: process.env, cwd: process.cwd() });
    for (const each of notes) note(printable(each, 1000));
    const { study } = accepted((await execute(server, startStudy, { input })).startStudy);
    const ref = refOf(study);
    if (args.detach !== true) return followToEnd(server, ref, args.json === true);
    if (args.json === true) return printJson(study);
    print(`Started ${ref}. See amalgam study show ${ref}, or ${server.url}/studies.`);
  },
});

function choice<T extends string>(text: string | undefined, option: string, choices: readonly T[]): T | undefined {
  if (text === undefined) return undefined;
  const found = choices.find((each) => each === text.toUpperCase().replaceAll("-", "_"));
  if (found === undefined)
    throw new UsageError(`${option} takes ${choices.join(", ").toLowerCase()}, not ${printable(text, 40)}.`);
  return found;
}
