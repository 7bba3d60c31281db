import type { GraphQLResolveInfo } from "graphql";

/** The names on the way to a field, without the places in lists: the same for a field of every row of one list. */
function placeOf({ path }: GraphQLResolveInfo): string {
  const keys: (string | number)[] = [];
  for (let at: GraphQLResolveInfo["path"] | undefined = path; at; at = at.prev) if (typeof at.key === "string") keys.push(at.key);
  return keys.join(" ");
}

/**
 * Loads what a field of many rows points at in one query: the first row that asks loads it for all. Rows of one list select
 * the same of it, so one query serves them; another alias is another place, with a query of its own.
 */
export class LoadsTogether {
  readonly #loads = new Map<string, Promise<ReadonlyMap<string, unknown>>>();

  async get<Node extends { readonly id: string }>(
    info: GraphQLResolveInfo,
    load: () => PromiseLike<readonly Node[]>,
  ): Promise<ReadonlyMap<string, Node>> {
    const place = placeOf(info);
    const known = this.#loads.get(place);
    if (known) return known as Promise<ReadonlyMap<string, Node>>;
    const loaded = Promise.resolve(load()).then((nodes) => new Map(nodes.map((node) => [node.id, node])));
    this.#loads.set(place, loaded);
    return loaded;
  }
}
