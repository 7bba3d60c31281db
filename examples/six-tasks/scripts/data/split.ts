import { hashText } from "../random.ts";
import type { Split } from "./types.ts";

/** Whole documents go to one split, by a hash of their name: adding a document moves no other. */
export function splitOfDocument(seed: number, name: string, shares = { validation: 0.1, test: 0.2 }): Split {
  const u = hashText(`${seed}/${hashText(name)}/${name}`) / 2 ** 32;
  if (u < shares.test) return "test";
  return u < shares.test + shares.validation ? "validation" : "train";
}

export const collapseSpace = (text: string): string => text.replace(/\s+/g, " ").trim();

/** Consecutive passages of `size` words; a rest shorter than half of it is dropped. */
export function passagesOf(text: string, size: number): string[] {
  const words = text.split(/\s+/).filter(Boolean);
  const out: string[] = [];
  for (let start = 0; start + size / 2 <= words.length; start += size) out.push(words.slice(start, start + size).join(" "));
  return out;
}
