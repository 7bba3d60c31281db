import type { Dtype } from "../../tensor/dtype.ts";

/** Why a tile could not be merged. `input` is the index of the model among base and parents. */
export type TileProblem =
  | { readonly kind: "non-finite"; readonly input: number; readonly element: number }
  | { readonly kind: "overflow"; readonly dtype: Dtype | "BITS" }
  | { readonly kind: "unequal"; readonly input: number }
  | { readonly kind: "io"; readonly path: string; readonly code: string; readonly message: string };

export class TileError extends Error {
  readonly problem: TileProblem;
  constructor(problem: TileProblem) {
    super(problem.kind);
    this.problem = problem;
  }
}

/** Repeats a partial read or write until all bytes are moved. */
export function transfer(path: string, bytes: number, step: (done: number) => number): void {
  let done = 0;
  while (done < bytes) {
    let moved: number;
    try {
      moved = step(done);
    } catch (error) {
      const { code = "UNKNOWN", message } = error as NodeJS.ErrnoException;
      throw new TileError({ kind: "io", path, code, message });
    }
    if (moved === 0)
      throw new TileError({ kind: "io", path, code: "SHORT", message: "the file became shorter while it was read" });
    done += moved;
  }
}
