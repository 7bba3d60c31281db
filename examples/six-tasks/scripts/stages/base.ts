import { existsSync } from "node:fs";
import { join } from "node:path";
import { saveBert } from "@amalgam/engine/runtime";
import { encodeCorpus } from "../model/corpus.ts";
import { pretrain } from "../model/pretrain.ts";
import { readWordVectors, vectorsOfPieces } from "../text/word-vectors.ts";
import { copyTokenizer } from "./checkpoint.ts";
import type { Corpus } from "./corpus.ts";
import { saved, type Workshop } from "./workshop.ts";

export async function baseStage({ example, work, out, settings }: Workshop, corpus: Corpus): Promise<void> {
  const folder = join(out, "base");
  if (existsSync(join(folder, "model.safetensors"))) return;
  const rows = await saved(join(work, "word-vectors.json"), () => {
    console.log("word vectors: reading (300 MB of JSON)");
    const vectors = readWordVectors(join(example, "sources/node_modules"), corpus.wordCounts.keys(), settings.model.hidden_size);
    const piecesOf = (word: string) => corpus.encode(word).slice(1, -1);
    return vectorsOfPieces(corpus.vocabulary, corpus.wordCounts, vectors, piecesOf).map((row) => (row ? [...row] : null));
  });
  const started = Date.now();
  const model = await pretrain({
    settings,
    corpora: encodeCorpus(corpus.documents, corpus.encode),
    wordVectors: rows.map((row) => (row ? Float32Array.from(row) : undefined)),
    statePath: join(work, "base.state"),
  });
  console.log(`base: trained in ${Math.round((Date.now() - started) / 60_000)} min (this start)`);
  copyTokenizer(corpus.tokenizerDir, folder);
  await saveBert(folder, model);
  model.dispose();
}
