import { defineCommand } from "citty";
import { readStages } from "../local/recipe-file.ts";
import { writeRecipe } from "../local/write-recipe.ts";
import { jsonOption } from "../options.ts";
import { renderFidelity } from "../terminal/fidelity.ts";
import { note, printJson } from "../terminal/output.ts";
import { styleFor } from "../terminal/style.ts";
import { columnsOf } from "../terminal/wrap.ts";

export const importRecipe = defineCommand({
  meta: { name: "import", description: "Print a mergekit configuration as a recipe, and what became of each of its fields" },
  args: {
    config: { type: "positional", required: true, description: "mergekit configuration in YAML" },
    json: { ...jsonOption.json, description: "Print recipes and verdicts as JSON on standard output" },
  },
  async run({ args }) {
    const stages = await readStages(args.config);
    if (args.json === true) return printJson(stages.map(({ name, recipe, fidelity }) => ({ name, recipe, fidelity })));
    const style = styleFor(process.stderr);
    for (const { name, fidelity } of stages) {
      if (stages.length > 1) note(style.bold(name ?? "The last step"));
      note(fidelity === null ? "This is a recipe already." : renderFidelity(fidelity, style, columnsOf(process.stderr)));
    }
    process.stdout.write(stages.map(({ name, recipe }) => writeRecipe(recipe, name)).join("---\n"));
  },
});
