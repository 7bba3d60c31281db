/** PostgreSQL refuses NUL in text, and no name has one. */
export const plain = (text: string): string => text.replaceAll("\u0000", "\ufffd").slice(0, 300);
