import type { Architecture } from "../architecture.ts";
import { bert } from "./bert.ts";
import { clip } from "./clip.ts";
import { cnn } from "./cnn.ts";
import { gpt2 } from "./gpt2.ts";
import { llama } from "./llama.ts";
import { mistral } from "./mistral.ts";
import { mixtral } from "./mixtral.ts";
import { mlp } from "./mlp.ts";
import { qwen2 } from "./qwen2.ts";
import { resnet } from "./resnet.ts";
import { roberta } from "./roberta.ts";
import { t5 } from "./t5.ts";
import { vit } from "./vit.ts";

/** Everything that can be run. A new architecture is one file, a line here, and golden numbers. */
export const architectures: readonly Architecture[] = [
  bert,
  roberta,
  gpt2,
  llama,
  mistral,
  qwen2,
  mixtral,
  t5,
  vit,
  clip,
  resnet,
  mlp,
  cnn,
];
