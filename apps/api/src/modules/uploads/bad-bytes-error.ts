/** The bytes are not what they were said to be, or not a file of their kind. */
export class BadBytesError extends Error {
  override readonly name = "BadBytesError";
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
