import { z } from "zod";
import type { Architecture } from "../architecture.ts";
import { countUpTo, parseConfig } from "../parse-config.ts";
import { decoderHeads, isDecoderHead, openDecoder } from "./decoder.ts";
import { mixtureOfExperts } from "./mixture-of-experts.ts";
import { rotaryDecoder } from "./rotary-decoder.ts";
import { readRotaryDecoder, rotaryDecoderFields, sameWindow, slidingWindow } from "./rotary-decoder-config.ts";

const schema = z.looseObject({
  model_type: z.literal("mixtral"),
  ...rotaryDecoderFields,
  num_key_value_heads: countUpTo(1_024).nullable().default(8),
  rms_norm_eps: z.number().positive().max(1).default(1e-5),
  sliding_window: slidingWindow.default(null),
  num_local_experts: countUpTo(4_096).default(8),
  num_experts_per_tok: countUpTo(4_096).default(2),
});

/** Of all layers together; the largest models have some ten thousand. */
const MOST_EXPERTS = 100_000;

/** Mixtral (Jiang et al. 2024): Mistral's layers, with a mixture of experts as their feed-forward part. */
export const mixtral: Architecture = {
  modelTypes: ["mixtral"],
  heads: decoderHeads,
  isHeadTensor: isDecoderHead,
  async open(source, options) {
    const config = parseConfig(schema, source.config, source.configFile);
    const { num_local_experts: experts, num_experts_per_tok: chosen } = config;
    if (chosen > experts) {
      throw new Error(`${source.configFile}: num_experts_per_tok: ${chosen} of ${experts} experts cannot be chosen.`);
    }
    if (experts * config.num_hidden_layers > MOST_EXPERTS) {
      throw new Error(
        `${source.configFile}: num_local_experts: ${experts} in each of ${config.num_hidden_layers} layers are too many.`,
      );
    }
    const windows = sameWindow(config, config.sliding_window);
    const decoder = readRotaryDecoder(config, source.configFile, { windows });
    return openDecoder(source, options, rotaryDecoder(decoder, mixtureOfExperts(decoder, { experts, chosen })));
  },
};
