import { refusal } from "../failure.ts";

export interface ModelRef {
  readonly namespace: string;
  readonly name: string;
  /** A number, an alias, or null for the latest. */
  readonly selector: string | null;
}

const pattern = /^([A-Za-z0-9][\w.-]*)\/([A-Za-z0-9][\w.-]*)(?:@([\w.-]+))?$/;

export const isRef = (text: string): boolean => pattern.test(text);

/** namespace/name, namespace/name@3 or namespace/name@alias. */
export function parseRef(text: string, what = "A version"): ModelRef {
  const [, namespace, name, selector] = pattern.exec(text) ?? [];
  if (!namespace || !name)
    throw refusal("BAD_REF", `${what} is written namespace/name or namespace/name@alias; ${text} is not.`, [text]);
  return { namespace, name, selector: selector ?? null };
}
