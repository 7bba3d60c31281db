import type { Architecture } from "../architecture.ts";
import { BertModel } from "../bert.ts";
import { parseBertConfig } from "../bert-config.ts";
import { type BertHead, bertShapes } from "../bert-shapes.ts";
import { countLabels } from "../count-labels.ts";
import type { TextNetwork } from "../network.ts";
import { takeTensors } from "../take-tensors.ts";

const isHeadTensor = (name: string): boolean => name.startsWith("classifier.") || name.startsWith("cls.");

/** BERT (Devlin et al. 2018) with a classification or a masked-language head; a bare BertModel, saved without its prefix, is a trunk too. */
export const bert: Architecture = {
  modelTypes: ["bert"],
  heads: ["classification", "masked-language"],
  isHeadTensor,
  async open(source, { head, headFrom = source, labels }): Promise<TextNetwork> {
    const config = parseBertConfig(source.config, source.configFile);
    const kind: BertHead = head === "masked-language" ? head : "classification";
    const classes = kind === "classification" ? await countLabels(headFrom, "classifier.weight", labels) : 0;
    const isBare = source.names.has("embeddings.word_embeddings.weight");
    const parameters = await takeTensors(
      [...bertShapes(config, kind, classes)].map(([name, shape]) => {
        if (isHeadTensor(name)) return { name, shape, from: headFrom };
        return { name, shape, from: source, stored: isBare ? name.replace(/^bert\./, "") : name };
      }),
    );
    const model = new BertModel(config, kind, parameters);
    return {
      architecture: config.model_type,
      input: "tokens",
      vocabularySize: config.vocab_size,
      head,
      outputs: kind === "classification" ? classes : config.vocab_size,
      maxLength: config.max_position_embeddings,
      parameters,
      layers: model.layers,
      logits: (batch, positions = new Int32Array(0)) =>
        kind === "classification"
          ? model.classLogits({ pooled: model.pooled(batch) })
          : model.maskedLogits(model.encode(batch), positions),
      dispose: () => model.dispose(),
    };
  },
};
