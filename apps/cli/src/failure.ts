/** One thing the caller can fix; `path` locates it in a recipe or names the file. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
}

/** The request was understood and refused: exit 1, one message per fault. */
export class Refusal extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map((fault) => fault.message).join("\n"));
    this.name = "Refusal";
    this.faults = faults;
  }
}

export const refusal = (code: string, message: string, path: readonly string[] = []): Refusal =>
  new Refusal([{ code, message, path }]);

/** The command line itself is wrong: exit 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Ctrl-C (exit 130), or another request to end. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly exitCode: number;

  constructor(message: string, exitCode = 130) {
    super(message);
    this.exitCode = exitCode;
  }
}

const fileReasons: Readonly<Record<string, (file: string) => string>> = {
  ENOENT: (file) => `There is no file or folder ${file}.`,
  EACCES: (file) => `${file} cannot be opened: permission denied.`,
  EISDIR: (file) => `${file} is a folder; a file is needed.`,
  ENOTDIR: (file) => `${file} is not a folder.`,
  EEXIST: (file) => `${file} exists already.`,
  ENOSPC: (file) => `The disk is full while writing ${file}. Free some space and run the command again.`,
  EROFS: (file) => `${file} cannot be written: the file system is read-only.`,
  EMFILE: (file) => `${file} cannot be opened: too many open files. Raise the limit with ulimit -n.`,
};

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const isFault = (value: unknown): value is Fault =>
  isRecord(value) && typeof value["code"] === "string" && typeof value["message"] === "string" && Array.isArray(value["path"]);

/** The faults behind an error, or null when it is not one the caller can fix (a defect of ours). */
export function faultsOf(error: unknown): readonly Fault[] | null {
  if (!isRecord(error)) return null;
  const { faults, code, message, path, name } = error;
  if (Array.isArray(faults) && faults.length > 0 && faults.every(isFault)) return faults;
  const where = typeof path === "string" ? [path] : Array.isArray(path) ? path.map(String) : [];
  if (typeof code !== "string" || typeof message !== "string") return null;
  const reason = fileReasons[code];
  if (reason && typeof error["syscall"] === "string")
    return [{ code: `FILE_${code}`, message: reason(where[0] ?? "a file"), path: where }];
  return name === "FormatError" ? [{ code, message, path: where }] : null;
}
