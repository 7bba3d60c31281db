import type { Recipe } from "@amalgam/engine/merge";
import { defaultSurrogate, type Params, type Sampler } from "@amalgam/engine/tune";

export { scaleSpace } from "./baseline-recipe.ts";

/** Three usual factors first, then the surrogate; no design, since the budget is small. */
export const scaleSampler: Sampler = { kind: "gp", surrogate: defaultSurrogate, design: 0 };

export const scaleAnchors = ({ parents }: Recipe): Params[] => [{ lambda: 0.3 }, { lambda: 1 / parents.length }, { lambda: 1 }];
