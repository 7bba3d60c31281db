import { type Fault, RefusedError } from "@amalgam/engine/merge";
import type { z } from "zod";

/** Refuses the request with one fault. */
export function refuse(code: string, message: string, path: readonly (string | number)[] = []): never {
  throw new RefusedError([fault(code, message, path)]);
}

export function fault(code: string, message: string, path: readonly (string | number)[] = []): Fault {
  return { code, message, path: path.map(String) };
}

/** Throws when there is any fault. */
export function refuseAll(faults: readonly Fault[]): void {
  if (faults.length > 0) throw new RefusedError([...faults]);
}

/** Parses what a caller sent; what is wrong with it comes back as faults with their place in the input. */
export function parseInput<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new RefusedError(parsed.error.issues.map((issue) => fault("INVALID_INPUT", issue.message, issue.path.map(String))));
}
