import { gatherRows } from "@amalgam/tfjs-backend-ort";
import type { Architecture } from "../architecture.ts";
import { checkImages } from "../images.ts";
import { Layers } from "../layers.ts";
import type { ImageNetwork } from "../network.ts";
import { takeTensors } from "../take-tensors.ts";
import { tf } from "../tf.ts";
import { type ClipConfig, clipNames, clipTrunk, parseClipConfig } from "./clip-config.ts";
import { chooseClipHead } from "./clip-head.ts";
import { countPatches } from "./vision-config.ts";
import { classRows, embedImages, encodePatches } from "./vision-transformer.ts";

/**
 * The image tower of CLIP (Radford et al. 2021). Its head is zero-shot (`zero_shot.weight`: one text embedding a label, scored by
 * cosines) or linear (`classifier`, over the mean of the patches); which one, the head's folder says.
 */
export const clip: Architecture = {
  modelTypes: ["clip", "clip_vision_model"],
  heads: ["classification"],
  isHeadTensor: (name) => name.startsWith("classifier.") || name.startsWith("zero_shot."),
  async open(source, { headFrom = source, labels }): Promise<ImageNetwork> {
    const config = parseClipConfig(source);
    const patches = countPatches(config, source.configFile);
    const head = await chooseClipHead(config, source, headFrom, labels);
    const parameters = await takeTensors([...clipTrunk(config, patches, source), ...head.wanted]);
    const layers = new Layers(parameters);
    const imageShape = [...config.image_size, config.num_channels] as const;
    return {
      architecture: head.modelType,
      input: "images",
      head: "classification",
      outputs: head.labels,
      imageShape,
      parameters,
      layers,
      logits: (images) => {
        checkImages(images, imageShape);
        return tf.tidy(() => {
          const hidden = encode(layers, config, images);
          const size = images.shape[0];
          return head.isZeroShot
            ? zeroShotLogits(layers, config, gatherRows(hidden, classRows(size, patches + 1)))
            : linearLogits(layers, hidden, size);
        });
      },
      dispose: () => parameters.dispose(),
    };
  },
};

function encode(layers: Layers, config: ClipConfig, images: tf.Tensor4D): tf.Tensor2D {
  const tokens = embedImages(config, images, layers, {
    classToken: "vision_model.embeddings.class_embedding",
    positions: "vision_model.embeddings.position_embedding.weight",
    patches: "vision_model.embeddings.patch_embedding",
  });
  const normal = layers.layerNorm("vision_model.pre_layrnorm", tokens, config.layer_norm_eps);
  const place = { size: images.shape[0], prefix: "vision_model.encoder.layers", names: clipNames };
  return encodePatches(layers, config, normal, place);
}

/** exp(logit_scale)·cos(image, text) */
function zeroShotLogits(layers: Layers, config: ClipConfig, firsts: tf.Tensor2D): tf.Tensor2D {
  const pooled = layers.layerNorm("vision_model.post_layernorm", firsts, config.layer_norm_eps);
  const images = unitRows(layers.dense("visual_projection", pooled));
  const texts = unitRows(layers.learned("zero_shot.weight"));
  return tf.mul(tf.matMul(images, texts, false, true), tf.exp(layers.learned("logit_scale")));
}

const unitRows = (rows: tf.Tensor2D): tf.Tensor2D => tf.mul(rows, tf.rsqrt(tf.sum(tf.square(rows), 1, true)));

/** As in Hugging Face's CLIPForImageClassification: without the last norm, over the mean of the patches. */
function linearLogits(layers: Layers, hidden: tf.Tensor2D, size: number): tf.Tensor2D {
  const width = hidden.shape[1];
  const tokens = tf.reshape(hidden, [size, -1, width]) as tf.Tensor3D;
  const patches = tf.slice(tokens, [0, 1, 0], [size, tokens.shape[1] - 1, width]);
  return layers.dense("classifier", tf.mean(patches, 1) as tf.Tensor2D);
}
