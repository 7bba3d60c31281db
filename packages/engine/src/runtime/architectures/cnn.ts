import { z } from "zod";
import type { Architecture } from "../architecture.ts";
import { countLabels } from "../count-labels.ts";
import { checkImages } from "../images.ts";
import type { ImageNetwork } from "../network.ts";
import { countUpTo, parseConfig } from "../parse-config.ts";
import { tf } from "../tf.ts";
import { ConvolutionTensors } from "./convolution-tensors.ts";

const side = countUpTo(16_384);
const window = { kernel_size: countUpTo(1_024), stride: countUpTo(1_024) };
const layer = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("conv"),
    channels: countUpTo(65_536),
    kernel_size: window.kernel_size,
    stride: window.stride.default(1),
    padding: z.number().int().min(0).max(1_024).default(0),
  }),
  z.strictObject({ type: z.literal("batch_norm") }),
  z.strictObject({ type: z.literal("relu") }),
  z.strictObject({ type: z.literal("max_pool"), ...window }),
  z.strictObject({ type: z.literal("average_pool"), ...window }),
]);

const schema = z.looseObject({
  model_type: z.literal("cnn"),
  image_size: z.tuple([side, side]),
  num_channels: countUpTo(1_024),
  layers: z.array(layer).max(1_000),
  num_labels: countUpTo(1_000_000),
  batch_norm_eps: z.number().positive().max(1).default(1e-5),
});

type CnnConfig = z.infer<typeof schema>;

/**
 * A plain convolutional network: `layers` one after the other, then `classifier` over everything that is left, in the order channel, row,
 * column. Our own config, as Hugging Face names none; tensors are those of a torch Sequential called `layers`.
 */
export const cnn: Architecture = {
  modelTypes: ["cnn"],
  heads: ["classification"],
  isHeadTensor: (name) => name.startsWith("classifier."),
  async open(source, { headFrom = source, labels }): Promise<ImageNetwork> {
    const config = parseConfig(schema, source.config, source.configFile);
    const tensors = new ConvolutionTensors(source);
    const features = traceLayers(config, tensors, source.configFile);
    const outputs = await countLabels(
      headFrom,
      "classifier.weight",
      labels ?? (headFrom === source ? config.num_labels : undefined),
    );
    tensors.add("classifier.weight", [outputs, features], headFrom);
    tensors.add("classifier.bias", [outputs], headFrom);
    const layers = await tensors.open();
    const imageShape = [...config.image_size, config.num_channels] as const;
    return {
      architecture: config.model_type,
      input: "images",
      head: "classification",
      outputs,
      imageShape,
      parameters: layers.parameters,
      layers,
      logits: (images) => {
        checkImages(images, imageShape);
        return tf.tidy(() => {
          let x = images;
          config.layers.forEach((layer, index) => {
            const name = `layers.${index}`;
            if (layer.type === "conv") x = layers.conv2d(name, x, layer);
            else if (layer.type === "batch_norm") x = layers.batchNorm(name, x, config.batch_norm_eps);
            else if (layer.type === "relu") x = tf.relu(x);
            else if (layer.type === "max_pool") x = tf.maxPool(x, layer.kernel_size, layer.stride, "valid");
            else x = tf.avgPool(x, layer.kernel_size, layer.stride, "valid");
          });
          return layers.dense("classifier", tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [images.shape[0], features]));
        });
      },
      dispose: () => {
        layers.parameters.dispose();
        layers.buffers.dispose();
      },
    };
  },
};

/** Names the tensors of every layer, and returns how many numbers are left of an image at the end. */
function traceLayers(config: CnnConfig, tensors: ConvolutionTensors, where: string): number {
  let channels = config.num_channels;
  let [height, width] = config.image_size;
  config.layers.forEach((layer, index) => {
    const name = `layers.${index}`;
    if (layer.type === "batch_norm") tensors.batchNorm(name, channels);
    if (layer.type === "conv") {
      tensors.add(`${name}.weight`, [layer.channels, channels, layer.kernel_size, layer.kernel_size]);
      tensors.add(`${name}.bias`, [layer.channels]);
      channels = layer.channels;
    }
    if (layer.type === "batch_norm" || layer.type === "relu") return;
    const padding = layer.type === "conv" ? layer.padding : 0;
    const left = (length: number) => Math.floor((length + 2 * padding - layer.kernel_size) / layer.stride) + 1;
    [height, width] = [left(height), left(width)];
    if (height < 1 || width < 1)
      throw new Error(`${where}: layers.${index}: kernel_size: its window is larger than what is left of the image.`);
  });
  return channels * height * width;
}
