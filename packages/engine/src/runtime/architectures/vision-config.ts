import { z } from "zod";
import { activationNames } from "../activations.ts";
import { checkHeads, countUpTo, layerCount, notQuantised, oneOf } from "../parse-config.ts";

/** A side of a square, or height and width. */
const sides = (limit: number) =>
  z
    .union([countUpTo(limit), z.tuple([countUpTo(limit), countUpTo(limit)])])
    .transform((side): readonly [number, number] => (typeof side === "number" ? [side, side] : side));

/** What the configs of transformers over image patches share. */
export const visionKeys = {
  hidden_size: countUpTo(65_536),
  num_hidden_layers: layerCount,
  num_attention_heads: countUpTo(1_024),
  intermediate_size: countUpTo(1_000_000),
  image_size: sides(16_384),
  patch_size: sides(16_384),
  num_channels: countUpTo(64).default(3),
  layer_norm_eps: z.number().positive().max(1),
  hidden_act: oneOf(activationNames),
  quantization_config: notQuantised,
};

export type VisionConfig = z.infer<z.ZodObject<typeof visionKeys>>;

/** Number of patches. Throws where sizes do not divide. */
export function countPatches(config: VisionConfig, where: string): number {
  checkHeads(config, where);
  const [height, width] = config.image_size;
  const [ph, pw] = config.patch_size;
  if (height % ph === 0 && width % pw === 0) return (height / ph) * (width / pw);
  throw new Error(`${where}: patch_size: patches of ${ph} × ${pw} do not tile an image of ${height} × ${width}.`);
}
