import type { Architecture } from "../architecture.ts";
import { bert } from "./bert.ts";
import { mlp } from "./mlp.ts";

/** Everything that can be run. A new architecture is one file, a line here, and golden numbers. */
export const architectures: readonly Architecture[] = [bert, mlp];
