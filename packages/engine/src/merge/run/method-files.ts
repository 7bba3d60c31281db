import type { SurveyedTensor } from "../define-method.ts";
import type { Plan } from "../planned.ts";
import { methodOf } from "../recipe.ts";
import type { Findings } from "./build-job.ts";
import type { SmallFile } from "./companion-files.ts";

/** JSON files that the method adds to its result. */
export function methodFiles({ recipe, sources }: Plan, findings: Findings): SmallFile[] {
  const tensors = sources.flatMap(({ name, shape, elements, build }): SurveyedTensor[] =>
    build === null ? [] : [{ name, shape, elements, numbers: findings.get(name) ?? {} }],
  );
  const files = methodOf(recipe).files(
    tensors,
    recipe.parents.map(({ model }) => model),
  );
  return Object.entries(files).map(([path, value]) => ({
    path,
    data: new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`),
  }));
}
