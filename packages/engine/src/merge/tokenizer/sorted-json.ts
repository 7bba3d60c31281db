import { isFields } from "../record.ts";

/**
 * JSON text that does not depend on the order of keys; a comparison of tokenizers needs no more. (`canonicalJson` of identities does
 * the same, but brings all merge methods with it, and this folder is below recipes.)
 */
export const sortedJson = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) => (isFields(item) ? sorted(Object.entries(item)) : item));

const sorted = (entries: [string, unknown][]) => Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
