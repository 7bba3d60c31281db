/** Random-access bytes of known size: a file, a range of an object store, or memory. */
export interface ByteSource {
  /** Size in bytes */
  readonly size: number;
  /** Fills all of `into` with the bytes from `offset`; rejects when the source is shorter. */
  read(offset: number, into: Uint8Array): Promise<void>;
}

/** A source over bytes in memory. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    async read(offset, into) {
      if (offset + into.length > bytes.length)
        throw new RangeError(`read of ${into.length} bytes at ${offset} goes past the end (${bytes.length})`);
      into.set(bytes.subarray(offset, offset + into.length));
    },
  };
}
