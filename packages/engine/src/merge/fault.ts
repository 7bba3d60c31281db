/** Something that the caller can fix. */
export interface Fault {
  /** Stable name in capitals, e.g. SHAPE_MISMATCH */
  readonly code: string;
  /** One clear sentence that names the thing at fault */
  readonly message: string;
  /** Where in the recipe, e.g. ["parents", "1", "weight"]; empty when the whole is meant */
  readonly path: readonly string[];
}

export const fault = (code: string, message: string, path: readonly (string | number)[] = []): Fault => ({
  code,
  message,
  path: path.map(String),
});

/** The request was refused for the reasons given; nothing was changed. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly faults: readonly Fault[];
  constructor(faults: readonly Fault[]) {
    super(faults.map(({ message }) => message).join("\n"));
    this.faults = faults;
  }
}

export const refuse = (code: string, message: string, path: readonly (string | number)[] = []): RefusedError =>
  new RefusedError([fault(code, message, path)]);
