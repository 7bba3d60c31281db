import os from "node:os";
import { openModel, openTokenizers, plan } from "@amalgam/engine/merge";
import { defineCommand } from "citty";
import { readLocalRecipe } from "../local/recipe-file.ts";
import { jsonOption } from "../options.ts";
import { formatBytes, formatDuration, formatParameters, plural, printable } from "../terminal/format.ts";
import { note, print, printJson } from "../terminal/output.ts";
import { styleFor } from "../terminal/style.ts";
import { renderFacts } from "../terminal/table.ts";

export const check = defineCommand({
  meta: { name: "check", description: "Check a recipe against the headers of its models and forecast the merge; writes nothing" },
  args: {
    recipe: {
      type: "positional",
      required: true,
      description: "Recipe in YAML or JSON, or a mergekit configuration; models are paths relative to it",
    },
    ...jsonOption,
  },
  async run({ args }) {
    const { recipe, notes, base, parents } = await readLocalRecipe(args.recipe, undefined);
    const first = base === null ? [] : [await openModel(base, null, recipe.base ?? base)];
    const others = parents.map((folder, index) => openModel(folder, null, recipe.parents[index]?.model ?? folder));
    const headers = (await openTokenizers([...first, ...(await Promise.all(others))])).map(({ header }) => header);
    const made = plan(recipe, { base: first.length === 0 ? null : (headers[0] ?? null), parents: headers.slice(first.length) });
    const threads = os.availableParallelism();
    const forecast = {
      readBytes: made.readBytes,
      writeBytes: made.writeBytes,
      peakMemoryBytes: made.peakMemoryBytes(threads),
      seconds: made.secondsForecast,
    };
    const every = [...notes, ...made.notes];
    const parameterCount = made.tensors.reduce((sum, { elements }) => sum + elements, 0);
    if (args.json === true) {
      return printJson({
        ok: true,
        recipe,
        tensorCount: made.tensors.length,
        parameterCount,
        excluded: made.excluded,
        copied: made.copied,
        ...forecast,
        notes: every,
      });
    }
    const facts: [string, string][] = [
      ["method", recipe.method],
      ["result", `${plural(made.tensors.length, "tensor")}, ${formatParameters(parameterCount)} parameters`],
      ["read", formatBytes(forecast.readBytes)],
      ["write", formatBytes(forecast.writeBytes)],
      ["memory", `${formatBytes(forecast.peakMemoryBytes)} with ${plural(threads, "thread")}`],
      ["time", `about ${formatDuration(forecast.seconds)}`],
    ];
    for (const each of every) note(printable(each, 1000));
    print(`No faults. ${args.recipe} can be merged.`);
    print(renderFacts(facts, styleFor(process.stdout)));
  },
});
