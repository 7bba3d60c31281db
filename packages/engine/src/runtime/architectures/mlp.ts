import { z } from "zod";
import type { Architecture } from "../architecture.ts";
import { Layers } from "../layers.ts";
import type { TableNetwork } from "../network.ts";
import { countUpTo, parseConfig } from "../parse-config.ts";
import { takeTensors } from "../take-tensors.ts";
import { tf } from "../tf.ts";

const schema = z.looseObject({
  model_type: z.literal("mlp"),
  input_size: countUpTo(1_000_000),
  hidden_sizes: z.array(countUpTo(1_000_000)).max(100),
  num_labels: countUpTo(1_000_000),
  hidden_act: z.enum(["relu", "tanh"]).default("relu"),
});

const activations = { relu: tf.relu, tanh: tf.tanh };

/** A multi-layer perceptron: layers.0 … layers.n-1 with an activation after each, then `classifier`. Our own config, as Hugging Face names none. */
export const mlp: Architecture = {
  modelTypes: ["mlp"],
  heads: ["classification"],
  isHeadTensor: (name) => name.startsWith("classifier."),
  async open(source, { headFrom = source }): Promise<TableNetwork> {
    const config = parseConfig(schema, source.config, source.configFile);
    const widths = [config.input_size, ...config.hidden_sizes, config.num_labels];
    const names = [...config.hidden_sizes.map((_, index) => `layers.${index}`), "classifier"];
    const parameters = await takeTensors(
      names.flatMap((name, index) => {
        const from = name === "classifier" ? headFrom : source;
        const [inputs = 0, outputs = 0] = widths.slice(index);
        return [
          { name: `${name}.weight`, shape: [outputs, inputs], from },
          { name: `${name}.bias`, shape: [outputs], from },
        ];
      }),
    );
    const layers = new Layers(parameters);
    const activate = activations[config.hidden_act];
    return {
      architecture: config.model_type,
      input: "features",
      head: "classification",
      outputs: config.num_labels,
      features: config.input_size,
      parameters,
      layers,
      logits: (rows) =>
        tf.tidy(() => {
          let x = rows;
          for (const name of names) x = name === "classifier" ? layers.dense(name, x) : activate(layers.dense(name, x));
          return x;
        }),
      dispose: () => parameters.dispose(),
    };
  },
};
