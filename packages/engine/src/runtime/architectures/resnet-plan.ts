import type { ResNetConfig } from "./resnet.ts";

/** A convolution without bias and its batch normalisation, padded to keep the size but for the stride. */
export interface NormalisedConvolution {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
}

export interface ResidualBlock {
  /** An activation stands between them, none after the last. */
  readonly layers: readonly NormalisedConvolution[];
  /** Null where the input is added as it is. */
  readonly shortcut: NormalisedConvolution | null;
}

export interface ResNetPlan {
  readonly stem: NormalisedConvolution;
  readonly blocks: readonly ResidualBlock[];
  /** Channels of the last block. */
  readonly features: number;
}

/** What a config means: every convolution of the network with its name, size and stride. */
export function planResNet(config: ResNetConfig): ResNetPlan {
  let inputs = config.embedding_size;
  const blocks: ResidualBlock[] = [];
  config.hidden_sizes.forEach((outputs, stage) => {
    for (let index = 0; index < (config.depths[stage] ?? 0); index++) {
      const isReducing = index === 0 && (stage > 0 || config.downsample_in_first_stage);
      const prefix = `resnet.encoder.stages.${stage}.layers.${index}`;
      blocks.push(planBlock(config, prefix, { inputs, outputs, stride: isReducing ? 2 : 1 }));
      inputs = outputs;
    }
  });
  const stem = {
    name: "resnet.embedder.embedder",
    inputs: config.num_channels,
    outputs: config.embedding_size,
    kernel: 7,
    stride: 2,
  };
  return { stem, blocks, features: inputs };
}

function planBlock(
  config: ResNetConfig,
  prefix: string,
  { inputs, outputs, stride }: { inputs: number; outputs: number; stride: number },
): ResidualBlock {
  const isShortcut = inputs !== outputs || stride !== 1;
  const shortcut = isShortcut ? { name: `${prefix}.shortcut`, inputs, outputs, kernel: 1, stride } : null;
  const at = (index: number) => `${prefix}.layer.${index}`;
  if (config.layer_type === "basic") {
    const first = { name: at(0), inputs, outputs, kernel: 3, stride };
    return { layers: [first, { name: at(1), inputs: outputs, outputs, kernel: 3, stride: 1 }], shortcut };
  }
  // The narrow middle has a quarter of the channels; the stride is its own, or that of the convolution before it in v1.
  const narrow = Math.max(1, Math.floor(outputs / 4));
  const [early, late] = config.downsample_in_bottleneck ? [stride, 1] : [1, stride];
  return {
    layers: [
      { name: at(0), inputs, outputs: narrow, kernel: 1, stride: early },
      { name: at(1), inputs: narrow, outputs: narrow, kernel: 3, stride: late },
      { name: at(2), inputs: narrow, outputs, kernel: 1, stride: 1 },
    ],
    shortcut,
  };
}
