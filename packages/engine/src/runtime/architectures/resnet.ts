import { z } from "zod";
import type { Architecture, CheckpointSource } from "../architecture.ts";
import { countLabels } from "../count-labels.ts";
import { checkImages } from "../images.ts";
import type { Layers } from "../layers.ts";
import type { ImageNetwork } from "../network.ts";
import { countUpTo, notQuantised, oneOf, only, parseConfig } from "../parse-config.ts";
import { tf } from "../tf.ts";
import { ConvolutionTensors } from "./convolution-tensors.ts";
import { planResNet, type ResNetPlan } from "./resnet-plan.ts";

const schema = z.looseObject({
  model_type: z.literal("resnet"),
  num_channels: countUpTo(1_024).default(3),
  embedding_size: countUpTo(65_536).default(64),
  hidden_sizes: z.array(countUpTo(65_536)).min(1).max(100),
  depths: z.array(countUpTo(1_000)).min(1).max(100),
  layer_type: oneOf(["basic", "bottleneck"]).default("bottleneck"),
  hidden_act: only("relu").default("relu"),
  downsample_in_first_stage: z.boolean().default(false),
  downsample_in_bottleneck: z.boolean().default(false),
  quantization_config: notQuantised,
});

export type ResNetConfig = z.infer<typeof schema>;

export function parseResNetConfig({ config, configFile }: CheckpointSource): ResNetConfig {
  const parsed = parseConfig(schema, config, configFile);
  if (parsed.depths.length === parsed.hidden_sizes.length) return parsed;
  throw new Error(`${configFile}: depths: ${parsed.depths.length} stages, where hidden_sizes has ${parsed.hidden_sizes.length}.`);
}

/** Of torch's BatchNorm2d, which the family uses as it is. */
const EPSILON = 1e-5;

/** ResNet (He et al. 2016), v1.5 as Hugging Face has it, with its running statistics; takes images of any size. */
export const resnet: Architecture = {
  modelTypes: ["resnet"],
  heads: ["classification"],
  isHeadTensor: (name) => name.startsWith("classifier."),
  async open(source, { headFrom = source, labels }): Promise<ImageNetwork> {
    const config = parseResNetConfig(source);
    const plan = planResNet(config);
    const outputs = await countLabels(headFrom, "classifier.1.weight", labels);
    const tensors = collectTensors(plan, source);
    tensors.add("classifier.1.weight", [outputs, plan.features], headFrom);
    tensors.add("classifier.1.bias", [outputs], headFrom);
    const layers = await tensors.open();
    const imageShape = [null, null, config.num_channels] as const;
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
        return tf.tidy(() => layers.dense("classifier.1", tf.mean(encode(layers, plan, images), [1, 2])));
      },
      dispose: () => {
        layers.parameters.dispose();
        layers.buffers.dispose();
      },
    };
  },
};

function collectTensors(plan: ResNetPlan, source: CheckpointSource): ConvolutionTensors {
  const tensors = new ConvolutionTensors(source);
  const convolutions = [
    plan.stem,
    ...plan.blocks.flatMap(({ layers, shortcut }) => [...layers, ...(shortcut ? [shortcut] : [])]),
  ];
  for (const { name, inputs, outputs, kernel } of convolutions) {
    tensors.add(`${name}.convolution.weight`, [outputs, inputs, kernel, kernel]);
    tensors.batchNorm(`${name}.normalization`, outputs);
  }
  return tensors;
}

/** y = relu(f(x) + shortcut(x)) block after block. */
function encode(layers: Layers, plan: ResNetPlan, images: tf.Tensor4D): tf.Tensor4D {
  const normalised = (x: tf.Tensor4D, { name, kernel, stride }: ResNetPlan["stem"]) => {
    const y = layers.conv2d(`${name}.convolution`, x, { stride, padding: Math.floor(kernel / 2) });
    return layers.batchNorm(`${name}.normalization`, y, EPSILON);
  };
  let x: tf.Tensor4D = tf.tidy(() => tf.maxPool(tf.relu(normalised(images, plan.stem)), 3, 2, 1));
  for (const { layers: inner, shortcut } of plan.blocks) {
    const below = x;
    x = tf.tidy(() => {
      let y = below;
      inner.forEach((layer, index) => {
        y = normalised(index === 0 ? y : tf.relu(y), layer);
      });
      return tf.relu(tf.add(y, shortcut ? normalised(below, shortcut) : below));
    });
  }
  return x;
}
