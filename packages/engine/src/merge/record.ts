/** A JSON object as it comes from a parser: string keys, anything as values. */
export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields => value !== null && typeof value === "object" && !Array.isArray(value);
