import { z } from "zod";
import type { Architecture } from "../architecture.ts";
import { parseConfig } from "../parse-config.ts";
import { decoderHeads, isDecoderHead, openDecoder } from "./decoder.ts";
import { rotaryDecoder } from "./rotary-decoder.ts";
import { readRotaryDecoder, rotaryDecoderFields, slidingWindow } from "./rotary-decoder-config.ts";

const schema = z.looseObject({
  model_type: z.literal("qwen2"),
  ...rotaryDecoderFields,
  use_sliding_window: z.boolean().default(false),
  sliding_window: slidingWindow.default(4_096),
  /** Layers below this one see everything. */
  max_window_layers: z.number().int().min(0).max(1_000_000).default(28),
  layer_types: z.array(z.enum(["full_attention", "sliding_attention"])).nullish(),
});

/** Qwen2 and Qwen2.5 (Yang et al. 2024): Llama's layers, queries, keys and values with a bias, and in some models a window in the upper layers. */
export const qwen2: Architecture = {
  modelTypes: ["qwen2"],
  heads: decoderHeads,
  isHeadTensor: isDecoderHead,
  async open(source, options) {
    const config = parseConfig(schema, source.config, source.configFile);
    const windows = windowsOf(config, source.configFile);
    const biases = { input: true, output: false, feedForward: false };
    return openDecoder(source, options, rotaryDecoder(readRotaryDecoder(config, source.configFile, { windows, biases })));
  },
};

function windowsOf(config: z.infer<typeof schema>, where: string): (number | undefined)[] {
  const { num_hidden_layers: layers, layer_types: types } = config;
  const window = config.use_sliding_window ? config.sliding_window : null;
  if (types && types.length !== layers) {
    throw new Error(`${where}: layer_types: ${types.length} types for num_hidden_layers ${layers}.`);
  }
  if (window === null && types?.includes("sliding_attention")) {
    throw new Error(`${where}: layer_types: a layer of sliding attention needs use_sliding_window and sliding_window.`);
  }
  return Array.from({ length: layers }, (_, layer) => {
    const slides = types ? types[layer] === "sliding_attention" : layer >= config.max_window_layers;
    return slides && window !== null ? window : undefined;
  });
}
