import { exportMergekit, type Fault, RefusedError } from "@amalgam/engine/merge";
import { defineCommand } from "citty";
import { Refusal, UsageError } from "../failure.ts";
import { readStages } from "../local/recipe-file.ts";
import { writeRecipe } from "../local/write-recipe.ts";
import { jsonOption } from "../options.ts";
import { printable } from "../terminal/format.ts";

const forms = ["mergekit", "amalgam"] as const;

export const exportRecipe = defineCommand({
  meta: {
    name: "export",
    description: "Print a recipe as a mergekit configuration; what mergekit cannot say is refused by name",
  },
  args: {
    recipe: { type: "positional", required: true, description: "Recipe in YAML or JSON" },
    to: { type: "string", valueHint: "form", description: "mergekit or amalgam; default mergekit" },
    ...jsonOption,
  },
  async run({ args }) {
    const to = forms.find((form) => form === (args.to ?? "mergekit"));
    if (to === undefined) throw new UsageError(`--to takes ${forms.join(" or ")}, not ${printable(args.to ?? "", 40)}.`);
    const stages = await readStages(args.recipe);
    const faults: Fault[] = [];
    const texts = stages.map(({ name, recipe }) => {
      if (to === "amalgam") return writeRecipe(recipe, name);
      try {
        const named = name === null ? "" : `name: ${JSON.stringify(name)}\n`;
        return `${named}${exportMergekit(recipe)}`;
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error;
        const place = stages.length === 1 ? [] : [name ?? "last"];
        faults.push(...error.faults.map((each) => ({ ...each, path: [...place, ...each.path] })));
        return "";
      }
    });
    if (faults.length > 0) throw new Refusal(faults);
    process.stdout.write(texts.join("---\n"));
  },
});
