import type { Checkpoint } from "../checkpoint.ts";
import type { Plan } from "../plan.ts";
import type { Fields } from "../record.ts";
import { chatTemplateOf, chooseChatTemplate } from "../tokenizer/chat-template.ts";
import { type MergedTokenizer, mergeTokenizerFiles, withChatTemplate } from "../tokenizer/merge-tokenizer-files.ts";
import { readTemplateFiles, readTokenizerFiles } from "../tokenizer/read-tokenizer-files.ts";
import { changeTokenIds, type TokenIds } from "../tokenizer/token-ids.ts";
import type { Vocabulary } from "../tokenizer/vocabulary.ts";

/**
 * Tokenizer files of the result: those of the base, else of the first parent, or what the recipe's policy makes of all.
 * @throws RefusedError when a file cannot be read that the recipe needs
 */
export async function outputTokenizer({ recipe, alignment }: Plan, models: readonly Checkpoint[]): Promise<MergedTokenizer> {
  const owner = alignment?.vocabulary.owner ?? 0;
  const model = models[owner];
  if (model === undefined) return { files: [], notes: [] };
  const { label } = model.header;
  const files = await readTokenizerFiles(model.folder, label);
  const templates = recipe.chatTemplate === "auto" ? await readTemplates(models) : [];
  const chatTemplate = chooseChatTemplate(recipe.chatTemplate, templates, recipe.base === null ? owner : 0);
  if (alignment === null) return { files: withChatTemplate(files, chatTemplate, label), notes: [] };
  return mergeTokenizerFiles({ vocabularies: models.map(vocabularyOf), output: alignment.vocabulary, files, chatTemplate });
}

async function readTemplates(models: readonly Checkpoint[]): Promise<(string | null)[]> {
  return Promise.all(
    models.map(async ({ folder, header: { label } }) => chatTemplateOf(await readTemplateFiles(folder, label), label)),
  );
}

function vocabularyOf({ header: { label, tokenizer } }: Checkpoint): Vocabulary {
  if (tokenizer == null) throw new Error(`The tokenizer of ${label} was not read.`);
  return tokenizer.vocabulary();
}

interface Changing {
  readonly config: Fields;
  /** Index of the model that the configuration comes from */
  readonly from: number;
  /** The same of the owner of the vocabulary; default: its config.json */
  readonly ownerConfig?: Fields | null;
}

/** A configuration with the ids and the size of the merged vocabulary; as it is without a tokenizer policy. */
export function changeIds({ alignment }: Plan, models: readonly Checkpoint[], { config, from, ownerConfig }: Changing): TokenIds {
  const model = models[from];
  const owner = models[alignment?.vocabulary.owner ?? 0];
  if (alignment === null || model === undefined || owner === undefined) return { config, notes: [] };
  return changeTokenIds({
    config,
    vocabulary: vocabularyOf(model),
    ownerConfig: ownerConfig === undefined ? owner.header.config : ownerConfig,
    ownerVocabulary: vocabularyOf(owner),
    output: alignment.vocabulary,
    rows: alignment.rows,
  });
}
