/** A file of a version is at fault; the message names it. */
export class BadFileError extends Error {
  override readonly name = "BadFileError";
  readonly path: string;
  readonly code: string;
  constructor(path: string, code: string, message: string) {
    super(message);
    this.path = path;
    this.code = code;
  }
}
