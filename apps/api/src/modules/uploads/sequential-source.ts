import type { ByteSource } from "@amalgam/engine/formats";

/**
 * A source over a stream that can be opened at any offset. Reading on where the last read ended costs nothing; a step back
 * (the header is read twice) opens the stream again. Every byte is handed to `onFirst` once, in order, when first seen.
 */
export function sequentialSource(options: {
  size: number;
  openAt: (offset: number) => AsyncGenerator<Uint8Array, undefined>;
  onFirst: (bytes: Uint8Array) => Promise<void>;
}): ByteSource & { close(): Promise<void> } {
  const { size, openAt, onFirst } = options;
  let stream: AsyncGenerator<Uint8Array, undefined> | null = null;
  let rest: Uint8Array = new Uint8Array(0);
  let position = 0;
  let seen = 0;

  async function reopen(offset: number): Promise<void> {
    await stream?.return(undefined);
    stream = openAt(offset);
    rest = new Uint8Array(0);
    position = offset;
  }

  async function refill(): Promise<void> {
    const next = await stream?.next();
    if (!next?.value) throw new Error(`The upload ended at ${position} of ${size} bytes.`);
    rest = next.value;
    const end = position + rest.length;
    if (end <= seen) return;
    const fresh = position < seen ? rest.subarray(seen - position) : rest;
    seen = end;
    await onFirst(fresh);
  }

  return {
    size,
    async read(offset, into) {
      if (stream === null || offset !== position) await reopen(offset);
      for (let filled = 0; filled < into.length; ) {
        if (rest.length === 0) await refill();
        const piece = rest.subarray(0, into.length - filled);
        into.set(piece, filled);
        filled += piece.length;
        position += piece.length;
        rest = rest.subarray(piece.length);
      }
    },
    async close() {
      await stream?.return(undefined);
    },
  };
}
