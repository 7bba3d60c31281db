import { type Strand, strandColour } from "../../components/strands/geometry.ts";
import { previewCoefficients, recipeToDraft } from "../merge/draft.ts";
import { parseRef } from "../versions/version-path.ts";

export interface Slot {
  namespace: string;
  name: string;
  strand: number | null;
  latest: { kind: string } | null;
}

export interface RecipeStrand extends Strand {
  ref: string;
  kind: string | null;
}

/** The strands of a recipe before its result exists, coloured by the models' slots. */
export function recipeStrands(recipe: unknown, slots: readonly Slot[]): { parents: RecipeStrand[]; base: RecipeStrand | null } {
  const draft = recipeToDraft(recipe);
  const hasWeights = draft.parents.some(({ own }) => own["weight"] !== undefined);
  const coefficients = previewCoefficients(draft, hasWeights ? 1 : null, draft.parameters);
  const strand = (ref: string, coefficient: number | null, isBase: boolean): RecipeStrand => {
    const parts = parseRef(ref);
    const slot = slots.find((candidate) => candidate.namespace === parts?.namespace && candidate.name === parts.name);
    return {
      key: ref,
      ref,
      label: parts?.name ?? ref,
      colour: isBase || slot?.latest?.kind === "BASE" ? "var(--s0)" : strandColour(slot?.strand),
      coefficient,
      kind: slot?.latest?.kind ?? null,
    };
  };
  return {
    parents: draft.parents.map((parent, i) => strand(parent.model, coefficients[i] ?? null, false)),
    base: draft.base ? strand(draft.base, null, true) : null,
  };
}

/** The namespaces a recipe names, to ask for their colours. */
export function namespacesOf(recipe: unknown): string[] {
  const draft = recipeToDraft(recipe);
  const refs = [...draft.parents.map((parent) => parent.model), ...(draft.base ? [draft.base] : [])];
  return [...new Set(refs.flatMap((ref) => parseRef(ref)?.namespace ?? []))];
}
