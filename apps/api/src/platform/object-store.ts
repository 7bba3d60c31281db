/** Half-open: `start` is the first byte, `end` the one after the last, and may lie beyond the object's own end. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
}

/** Bytes under keys that the server makes, never a caller. An object is there whole or not at all. */
export interface ObjectStore {
  /** Replaces what was there. Rejects, and leaves everything as it was, when `body` has not exactly `sizeBytes` bytes. */
  put(key: string, body: AsyncIterable<Uint8Array> | Uint8Array, sizeBytes: number): Promise<void>;
  /** The same for a file. It may become the object itself, so nobody may write to it afterwards; deleting it is fine. */
  putFile(key: string, localPath: string): Promise<void>;
  /** Throws ObjectNotFoundError, at the first read, when there is no such object. */
  get(key: string, range?: ByteRange): AsyncIterable<Uint8Array>;
  stat(key: string): Promise<{ sizeBytes: number } | null>;
  /** Deleting what is not there is no fault. */
  delete(key: string): Promise<void>;
  /** Every object whose key begins with `prefix`, in no particular order. */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Where the object's bytes are on this machine, to be read only; null when they are elsewhere. Asks no disk. */
  localPath(key: string): string | null;
  /** Rejects with a sentence when the store cannot be used now. */
  check(): Promise<void>;
}

export class ObjectNotFoundError extends Error {
  constructor(key: string) {
    super(`The object store has no ${key}.`);
    this.name = "ObjectNotFoundError";
  }
}

export class StoreFullError extends Error {
  constructor(where: string, options?: ErrorOptions) {
    super(`The object store ${where} is full. Free some space and try again; nothing was stored.`, options);
    this.name = "StoreFullError";
  }
}

export class SizeMismatchError extends Error {
  constructor(key: string, expected: number, got: string) {
    super(`${key} was announced with ${expected} bytes, but ${got} came; nothing was stored.`);
    this.name = "SizeMismatchError";
  }
}

/** Blobs are named by their content: the same bytes are stored once. */
export function blobKey(sha256: string): string {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Error(`${JSON.stringify(sha256)} is not a sha256 in lower-case hex.`);
  return `blobs/sha256/${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256}`;
}

export const uploadPartKey = (uploadId: string, part: number): string => `uploads/${uploadId}/${part}`;

/** Refuses a key that could leave the store's folder or clash with its own files: a fault in our code, not a caller's. */
export function assertKey(key: string): void {
  const isPlain = key.length <= 512 && key.split("/").every((segment) => /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(segment));
  if (!isPlain) throw new Error(`${JSON.stringify(key)} is not a usable object key.`);
}

/** Passes `body` on and counts: fails as soon as there is too much, or at the end when there was too little. */
export async function* exactly(
  key: string,
  body: AsyncIterable<Uint8Array> | Uint8Array,
  sizeBytes: number,
): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const chunk of body instanceof Uint8Array ? [body] : body) {
    count += chunk.byteLength;
    if (count > sizeBytes) throw new SizeMismatchError(key, sizeBytes, "more");
    yield chunk;
  }
  if (count < sizeBytes) throw new SizeMismatchError(key, sizeBytes, `only ${count}`);
}

export function assertRange(range: ByteRange | undefined): void {
  if (range && !(range.start >= 0 && range.end >= range.start))
    throw new RangeError(`${range.start} to ${range.end} is no byte range`);
}
