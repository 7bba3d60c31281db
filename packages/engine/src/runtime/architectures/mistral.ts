import { z } from "zod";
import type { Architecture } from "../architecture.ts";
import { countUpTo, parseConfig } from "../parse-config.ts";
import { decoderHeads, isDecoderHead, openDecoder } from "./decoder.ts";
import { rotaryDecoder } from "./rotary-decoder.ts";
import { readRotaryDecoder, rotaryDecoderFields, sameWindow, slidingWindow } from "./rotary-decoder-config.ts";

const schema = z.looseObject({
  model_type: z.literal("mistral"),
  ...rotaryDecoderFields,
  num_key_value_heads: countUpTo(1_024).nullable().default(8),
  sliding_window: slidingWindow.default(4_096),
});

/** Mistral (Jiang et al. 2023): Llama's layers with a sliding window. */
export const mistral: Architecture = {
  modelTypes: ["mistral"],
  heads: decoderHeads,
  isHeadTensor: isDecoderHead,
  async open(source, options) {
    const config = parseConfig(schema, source.config, source.configFile);
    const windows = sameWindow(config, config.sliding_window);
    return openDecoder(source, options, rotaryDecoder(readRotaryDecoder(config, source.configFile, { windows })));
  },
};
