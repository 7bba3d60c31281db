/** Which tensors of a parent share a λ. */
export interface Groups {
  /** As coordinates and tables name them; one name stands for the whole model */
  readonly names: readonly string[];
  /** Index of the group that a tensor belongs to */
  of(tensor: string): number;
  /** The same in a recipe of a merge: one number, or cases by parts of tensors' names */
  settingOf(values: readonly number[]): number | readonly { readonly filter?: string; readonly value: number }[];
}

/** One λ for a parent; for so many blocks of consecutive layers; or for the tensors whose names have a part in common, and for the rest. */
export type GroupChoice = "model" | number | readonly string[];

/** @param tensors of the trunk, in its order: what stands before the first layer belongs to the first block, what is behind to the last */
export function groupsOf(choice: GroupChoice, tensors: readonly string[]): Groups {
  if (choice === "model") return { names: ["model"], of: () => 0, settingOf: ([value = 0]) => value };
  return typeof choice === "number" ? blocksOf(choice, tensors) : filtersOf(choice);
}

function filtersOf(filters: readonly string[]): Groups {
  const rest = filters.length;
  return {
    names: [...filters, "rest"],
    of(tensor) {
      const found = filters.findIndex((filter) => tensor.includes(filter));
      return found < 0 ? rest : found;
    },
    settingOf: (values) => [...filters.map((filter, k) => ({ filter, value: values[k] ?? 0 })), { value: values[rest] ?? 0 }],
  };
}

/** `encoder.layer.3.` of a tensor in layer 3 */
const layerOf = (tensor: string): { readonly prefix: string; readonly index: number } | null => {
  const [prefix, index] = /^.*?(?:^|\.)(\d+)\./.exec(tensor) ?? [];
  return prefix === undefined ? null : { prefix, index: Number(index) };
};

function blocksOf(count: number, tensors: readonly string[]): Groups {
  const layers = tensors.map((tensor) => ({ tensor, layer: layerOf(tensor) }));
  const depth = 1 + Math.max(0, ...layers.map(({ layer }) => layer?.index ?? 0));
  const blocks = Math.min(count, depth);
  const first = layers.findIndex(({ layer }) => layer !== null);
  const before = new Set(layers.slice(0, Math.max(0, first)).map(({ tensor }) => tensor));
  const of = (tensor: string): number => {
    const layer = layerOf(tensor);
    if (layer !== null) return Math.floor((layer.index * blocks) / depth);
    return before.has(tensor) ? 0 : blocks - 1;
  };
  const prefixes = new Map(layers.flatMap(({ layer }) => (layer === null ? [] : [[layer.prefix, layer.index] as const])));
  return {
    names: Array.from({ length: blocks }, (_, block) => `block ${block + 1}`),
    of,
    settingOf: (values) => [
      ...[...prefixes].map(([filter]) => ({ filter, value: values[of(filter)] ?? 0 })),
      ...[...before].map((filter) => ({ filter, value: values[0] ?? 0 })),
      { value: values[blocks - 1] ?? 0 },
    ],
  };
}
