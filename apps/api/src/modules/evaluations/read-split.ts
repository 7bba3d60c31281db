import { checkSplit, type EvaluationKind } from "@amalgam/engine/scores";
import type { Deps } from "../../deps.ts";
import { stageBlob } from "../../platform/stage-blob.ts";
import { refuse } from "../refuse.ts";
import { BadBytesError } from "../uploads/bad-bytes-error.ts";
import { ensureBlob } from "../uploads/ensure-blob.ts";
import { formatOf, type SplitFile, type SplitFormat } from "./task-input.ts";

interface ReadSplit {
  readonly exampleCount: number;
  readonly format: SplitFormat;
  readonly blob: { connect: { sha256: string } };
}

/** Stores the bytes of a split and reads it as its evaluations will, so that a fault shows now and not in every evaluation. */
export async function readSplit(
  deps: Deps,
  { kind, file, labels, path }: { kind: EvaluationKind; file: SplitFile; labels: readonly string[]; path: (string | number)[] },
): Promise<ReadSplit> {
  await storeSplit(deps, file, path);
  const format = formatOf(file.path);
  const staged = await stageBlob(deps.store, file.sha256, deps.scratchDir);
  try {
    const exampleCount = await checkSplit(kind, { file: staged, format, labels });
    return { exampleCount, format, blob: { connect: { sha256: file.sha256 } } };
  } catch (error) {
    refuse("BAD_EXAMPLES", (error as Error).message.replaceAll(staged, file.path), path);
  }
}

export async function storeSplit(deps: Deps, file: SplitFile, path: (string | number)[]): Promise<void> {
  try {
    await ensureBlob(deps, file, {});
  } catch (error) {
    if (error instanceof BadBytesError) refuse(error.code, `${file.path}: ${error.message}`, path);
    throw error;
  }
}
