const pattern = /^statistic:([0-9a-f]{64})$/;

/** How a recipe of the registry names a statistic. */
export const statisticRef = (key: string): string => `statistic:${key}`;

/** Null when the text names none. */
export const keyIn = (ref: string): string | null => pattern.exec(ref)?.[1] ?? null;
