import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openNetwork, padBatch, selectBackend, type TextNetwork, type tf } from "@amalgam/engine/runtime";
import { packBranches } from "../src/runtime/branching.ts";
import { saveTensors } from "../src/runtime/save-tensors.ts";
import { Weights } from "./checkpoints.ts";
import { alternate, costLines, costOf, inScratch, type Line } from "./side-by-side.ts";

const config = { model_type: "gpt2", vocab_size: 8192, n_embd: 256, n_layer: 6, n_head: 4, n_positions: 512 };
const [texts, promptTokens, newTokens, rounds] = [16, 128, 32, 3];

/** GPT-2 with random weights, and a head of its own. */
async function writeNetwork(folder: string): Promise<void> {
  const { vocab_size: vocabulary, n_embd: width, n_layer: layers, n_positions: positions } = config;
  const weights = new Weights(1);
  const tensor = (name: string, ...shape: number[]) =>
    [name, { shape, values: weights.next(shape.reduce((a, b) => a * b, 1)) }] as const;
  const both = (name: string, ...shape: number[]) => [
    tensor(`${name}.weight`, ...shape),
    tensor(`${name}.bias`, ...shape.slice(-1)),
  ];
  const layer = (prefix: string) => [
    ...both(`${prefix}.ln_1`, width),
    ...both(`${prefix}.attn.c_attn`, width, 3 * width),
    ...both(`${prefix}.attn.c_proj`, width, width),
    ...both(`${prefix}.ln_2`, width),
    ...both(`${prefix}.mlp.c_fc`, width, 4 * width),
    ...both(`${prefix}.mlp.c_proj`, 4 * width, width),
  ];
  const tensors = [
    tensor("transformer.wte.weight", vocabulary, width),
    tensor("transformer.wpe.weight", positions, width),
    ...Array.from({ length: layers }, (_, i) => layer(`transformer.h.${i}`)).flat(),
    ...both("transformer.ln_f", width),
  ];
  await mkdir(folder);
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  await saveTensors(join(folder, "model.safetensors"), tensors, new Map([["format", "pt"]]));
}

/** 32 more tokens of 16 texts: with what was read kept, and with every text read anew for each of them. */
const run = (): AsyncIterable<Line> =>
  inScratch(async function* (root) {
    const folder = join(root, "gpt2");
    await writeNetwork(folder);
    await selectBackend();
    const network = (await openNetwork(folder)) as TextNetwork;
    const token = (text: number, place: number): number => (7919 * text + 104_729 * place) % config.vocab_size;
    const upTo = (length: number): number[][] =>
      Array.from({ length: texts }, (_, text) => Array.from({ length }, (_, place) => token(text, place)));
    const rows = Int32Array.from({ length: texts }, (_, row) => row);
    const kept = async (): Promise<void> => {
      const decoding = network.decode?.(padBatch(upTo(promptTokens)));
      if (decoding === undefined) throw new Error("GPT-2 cannot be continued.");
      for (let step = 0; step < newTokens; step += 1) {
        const scores =
          step === 0
            ? decoding.first()
            : decoding.next(
                rows,
                rows.map((text) => token(text, promptTokens + step - 1)),
              );
        await scores.data();
        scores.dispose();
      }
      decoding.dispose();
    };
    const anew = async (): Promise<void> => {
      for (let step = 0; step < newTokens; step += 1) {
        const length = promptTokens + step;
        const scores = network.logits(
          padBatch(upTo(length)),
          rows.map((text) => text * length + length - 1),
        );
        await scores.data();
        scores.dispose();
      }
    };
    await kept();
    const costs = await alternate({ kept: () => costOf(kept), anew: () => costOf(anew) }, rounds);
    const metric = `${newTokens} tokens after each of ${texts} texts of ${promptTokens}, GPT-2 of 6 layers, width 256`;
    yield* costLines("decoding", metric, costs.kept, "every text read anew for each token", costs.anew);
    yield* choices(network, token);
    network.dispose();
  });

/** Scores of four choices of 8 tokens behind each of 16 prompts of 128: with prompts read once, and with every choice read with its prompt. */
async function* choices(network: TextNetwork, token: (text: number, place: number) => number): AsyncIterable<Line> {
  const [count, length] = [4, 8];
  const prompts = Array.from({ length: texts }, (_, text) => ({
    stem: Array.from({ length: promptTokens }, (_place, place) => token(text, place)),
    branches: Array.from({ length: count }, (_choice, choice) =>
      Array.from({ length }, (_place, place) => token(text + choice + 1, place)),
    ),
  }));
  const once = packBranches(prompts);
  const apart = padBatch(prompts.flatMap(({ stem, branches }) => branches.map((branch) => [...stem, ...branch])));
  const rows = (all: number, first: (text: number, choice: number) => number): Int32Array =>
    Int32Array.from({ length: texts * count * length }, (_, i) => {
      const [text, choice] = [Math.floor(i / (count * length)), Math.floor(i / length) % count];
      return text * all + first(text, choice) + (i % length);
    });
  const ask = async (scores: tf.Tensor2D | undefined): Promise<void> => {
    await scores?.data();
    scores?.dispose();
  };
  const whole = promptTokens + length;
  const together = () =>
    ask(
      network.branchedLogits?.(
        once,
        rows(once.length, (_, choice) => promptTokens + choice * length),
      ),
    );
  const separately = () =>
    ask(
      network.logits(
        apart,
        rows(count * whole, (_, choice) => choice * whole + promptTokens),
      ),
    );
  await together();
  const costs = await alternate({ together: () => costOf(together), separately: () => costOf(separately) }, rounds);
  const metric = `${count} choices of ${length} tokens behind each of ${texts} prompts of ${promptTokens}, the same network`;
  yield* costLines("decoding", metric, costs.together, "every choice read with its prompt", costs.separately);
}

export const benches = [{ name: "decoding", run }];
