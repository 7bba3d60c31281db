import { type AssignHeaders, type Placed, positionOf, type Scope } from "./assign-tensors.ts";
import type { CheckpointHeader } from "./checkpoint-header.ts";
import { type Fault, fault } from "./fault.ts";
import { isBeforeLayers, layerName, layerOf, type SlicedStack, slicedStack } from "./layer-stack.ts";
import { ownOf, type Recipe, type RecipeSlice, type RecipeSource } from "./recipe.ts";
import { keyOf } from "./reference.ts";

/** Layers that one model gives to a slice. */
interface Taken {
  readonly header: CheckpointHeader;
  readonly begin: number;
}

/** One slice with its headers: the base, when it takes part, and the parents in the order of the sources. */
interface Cut {
  readonly base: Taken | null;
  readonly parents: readonly (Taken & { readonly index: number })[];
  readonly length: number;
  readonly scope: Scope;
}

interface Stacked {
  readonly placed: readonly Placed[];
  readonly layerOrder: readonly number[];
  readonly faults: readonly Fault[];
}

/**
 * Stacks slices: their layers in order and numbered anew; what acts before the first layer from the models of the first slice,
 * what acts after the last from those of the last.
 */
export function assignSlices(recipe: Recipe, slices: readonly RecipeSlice[], headers: AssignHeaders): Stacked {
  const stacks = new Map<CheckpointHeader, SlicedStack>();
  const stackOf = (header: CheckpointHeader): SlicedStack => {
    const stack = stacks.get(header) ?? slicedStack(header);
    stacks.set(header, stack);
    return stack;
  };
  const faults: Fault[] = [];
  const cuts = slices.map((slice, s) => cutOf(recipe, slice, headers, ["slices", s, "sources"], stackOf, faults));
  const found = [...stacks].flatMap(([, stack]) =>
    "refusal" in stack ? [fault("SLICES_UNSUPPORTED", stack.refusal, ["slices"])] : [],
  );
  const [first] = cuts;
  const last = cuts.at(-1);
  if (found.length > 0 || faults.length > 0 || first === undefined || last === undefined)
    return { placed: [], layerOrder: [], faults: [...found, ...faults] };

  const nameIn = (header: CheckpointHeader, index: number, rest: string): string => {
    const stack = stackOf(header);
    return layerName({ stack: "stack" in stack ? stack.stack : "", index, rest });
  };
  const isOutside = (header: CheckpointHeader, name: string): boolean => {
    const [layer, stack] = [layerOf(name), stackOf(header)];
    return layer === null || !("stack" in stack) || layer.stack !== stack.stack;
  };
  const outside = (cut: Cut, isWanted: (name: string) => boolean): Placed[] =>
    referenceOf(cut).header.tensors.flatMap(({ name }) =>
      isOutside(referenceOf(cut).header, name) && isWanted(name) ? [place(cut, name, 0, () => name)] : [],
    );
  const output = referenceOf(first).header;
  const layerOrder: number[] = [];
  const layers = cuts.flatMap((cut) => {
    const reference = referenceOf(cut);
    const rests = restsByLayer(reference.header, stackOf(reference.header));
    return Array.from({ length: cut.length }, (_, j): Placed[] => {
      const index = layerOrder.push(reference.begin + j) - 1;
      return (rests.get(reference.begin + j) ?? []).map((rest) =>
        place(cut, nameIn(output, index, rest), positionOf(j, cut.length), ({ header, begin }) =>
          nameIn(header, begin + j, rest),
        ),
      );
    }).flat();
  });
  const placed = [...outside(first, isBeforeLayers), ...layers, ...outside(last, (name) => !isBeforeLayers(name))];
  return { placed, layerOrder, faults: [] };
}

/** The model whose names are used: the base, else the first source. */
function referenceOf({ base, parents }: Cut): Taken {
  const reference = base ?? parents[0];
  if (reference === undefined) throw new Error("A slice has at least one source.");
  return reference;
}

function place(cut: Cut, name: string, position: number, tensorOf: (taken: Taken) => string): Placed {
  return {
    name,
    position,
    base: cut.base === null ? null : tensorOf(cut.base),
    parents: cut.parents.map((parent) => ({ index: parent.index, tensor: tensorOf(parent) })),
    scope: cut.scope,
  };
}

function cutOf(
  recipe: Recipe,
  { sources, parameters }: RecipeSlice,
  { base, parents }: AssignHeaders,
  path: readonly (string | number)[],
  stackOf: (header: CheckpointHeader) => SlicedStack,
  faults: Fault[],
): Cut {
  const indexes = new Map(recipe.parents.map((parent, i) => [keyOf(parent), i]));
  const take = (header: CheckpointHeader, [begin, end]: RecipeSource["layers"], k: number): Taken => {
    const stack = stackOf(header);
    if ("layers" in stack && end > stack.layers) {
      const why = `${header.label} has ${stack.layers} layers, so [${begin}, ${end}] is outside; the end is not included`;
      faults.push(fault("LAYERS_OUTSIDE", `${[...path, k].join(".")}.layers: ${why}.`, [...path, k, "layers"]));
    }
    return { header, begin };
  };
  const contributing = sources.flatMap((source, k) => {
    const index = indexes.get(keyOf(source));
    const header = index === undefined ? undefined : parents[index];
    return index === undefined || header === undefined ? [] : [{ ...take(header, source.layers, k), index, source }];
  });
  const baseKey =
    recipe.base === null
      ? null
      : keyOf({ model: recipe.base, ...(recipe.baseAdapter === null ? {} : { adapter: recipe.baseAdapter }) });
  const named = Math.max(
    0,
    sources.findIndex((source) => keyOf(source) === baseKey),
  );
  const range = sources[named]?.layers ?? [0, 0];
  return {
    base: base === null ? null : take(base, range, named),
    parents: contributing,
    length: range[1] - range[0],
    scope: {
      parameters: [...(parameters === undefined ? [] : [parameters]), recipe.parameters],
      own: contributing.map(({ source, index }) => {
        const parent = recipe.parents[index];
        return [ownOf(source), ...(parent === undefined ? [] : [ownOf(parent)])];
      }),
    },
  };
}

/** What follows the number in the names of each layer. */
function restsByLayer(header: CheckpointHeader, stack: SlicedStack): ReadonlyMap<number, readonly string[]> {
  const rests = new Map<number, string[]>();
  for (const { name } of header.tensors) {
    const layer = layerOf(name);
    if (layer === null || !("stack" in stack) || layer.stack !== stack.stack) continue;
    const known = rests.get(layer.index);
    if (known === undefined) rests.set(layer.index, [layer.rest]);
    else known.push(layer.rest);
  }
  return rests;
}
