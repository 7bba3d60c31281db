import { z } from "zod";
import type { Architecture } from "../architecture.ts";
import { parseConfig } from "../parse-config.ts";
import { decoderHeads, isDecoderHead, openDecoder } from "./decoder.ts";
import { rotaryDecoder } from "./rotary-decoder.ts";
import { readRotaryDecoder, rotaryDecoderFields } from "./rotary-decoder-config.ts";

const schema = z.looseObject({
  model_type: z.literal("llama"),
  ...rotaryDecoderFields,
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
});

/** Llama 1 to 3 and what shares its layers (Touvron et al. 2023; Dubey et al. 2024). */
export const llama: Architecture = {
  modelTypes: ["llama"],
  heads: decoderHeads,
  isHeadTensor: isDecoderHead,
  async open(source, options) {
    const config = parseConfig(schema, source.config, source.configFile);
    const { attention_bias: attention, mlp_bias: feedForward } = config;
    const biases = { input: attention, output: attention, feedForward };
    return openDecoder(source, options, rotaryDecoder(readRotaryDecoder(config, source.configFile, { biases })));
  },
};
