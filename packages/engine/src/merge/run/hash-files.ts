import { createHash, type Hash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { dtypes } from "../../tensor/dtype.ts";
import type { Job } from "./job.ts";
import { isStopped, type SharedState, slot } from "./shared-state.ts";

const chunkBytes = 1 << 20;

/** Feeds bytes [from, to) of an open file to a hash. */
function hashRange(hash: Hash, fd: number, { from, to, buffer }: { from: number; to: number; buffer: Buffer }): void {
  for (let at = from; at < to; ) {
    const read = readSync(fd, buffer, 0, Math.min(buffer.length, to - at), at);
    if (read === 0) throw new Error("a file became shorter while it was hashed");
    hash.update(buffer.subarray(0, read));
    at += read;
  }
}

/** sha256 of whole files, hex, in order. */
export function hashFiles(paths: readonly string[]): string[] {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  return paths.map((path) => {
    const fd = openSync(path, "r");
    try {
      const hash = createHash("sha256");
      for (let read = readSync(fd, buffer); read > 0; read = readSync(fd, buffer)) hash.update(buffer.subarray(0, read));
      return hash.digest("hex");
    } finally {
      closeSync(fd);
    }
  });
}

/**
 * sha256 of the output files, computed behind the writers while the bytes are still in the page cache: follows the tiles in file
 * order and waits where one is not written yet.
 * @returns one digest for each output, or null when the run was stopped
 */
export function hashOutputs(job: Job, state: SharedState): string[] | null {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  const hashes = job.outputs.map(() => createHash("sha256"));
  const done = job.outputs.map(() => 0);
  // Tensors are listed in the order of the files, but stages of tensors with reductions are interleaved.
  const stages = job.stages.filter(({ kind }) => kind !== "reduce");
  for (const { tensor, firstTile, tileCount, tileElements } of stages) {
    const output = job.tensors[tensor]?.output;
    const elements = job.tensors[tensor]?.elements ?? 0;
    const hash = hashes[output?.file ?? 0];
    if (output === undefined || hash === undefined) continue;
    for (let tile = 0; tile < tileCount; tile += 1) {
      if (!waitForTile(state, firstTile + tile)) return null;
      const end = output.position + Math.min(elements, (tile + 1) * tileElements) * dtypes[output.dtype].sizeBytes;
      hashRange(hash, job.outputs[output.file]?.fd ?? -1, { from: done[output.file] ?? 0, to: end, buffer });
      done[output.file] = end;
    }
  }
  return job.outputs.map(({ fd, sizeBytes }, i) => {
    const hash = hashes[i] ?? createHash("sha256");
    hashRange(hash, fd, { from: done[i] ?? 0, to: sizeBytes, buffer });
    return hash.digest("hex");
  });
}

function waitForTile(state: SharedState, tile: number): boolean {
  for (;;) {
    const seen = Atomics.load(state.control, slot.written);
    if (Atomics.load(state.written, tile) === 1) return true;
    if (isStopped(state)) return false;
    Atomics.wait(state.control, slot.written, seen, 200);
  }
}
