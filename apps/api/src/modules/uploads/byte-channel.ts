/** A hand-over between a writer and a reader, one chunk at a time, so that a slow reader slows the writer. */
export interface ByteChannel {
  /** Settles once the reader took the chunk; rejects when the reader gave up. */
  write(bytes: Uint8Array): Promise<void>;
  /** The reader's loop ends. */
  end(): void;
  /** The reader's loop throws. */
  fail(reason: unknown): void;
  readonly bytes: AsyncIterable<Uint8Array>;
}

type Item = { readonly bytes: Uint8Array; readonly taken: () => void; readonly refused: (reason: unknown) => void };

export function byteChannel(): ByteChannel {
  let waiting: Item | null = null;
  let finished: { readonly reason: unknown } | "ended" | null = null;
  let gaveUp = false;
  let wake = () => {};

  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        if (waiting) {
          const { bytes, taken } = waiting;
          waiting = null;
          yield bytes;
          taken();
        } else if (finished === "ended") return;
        else if (finished) throw finished.reason;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      gaveUp = true;
      waiting?.refused(new Error("Nobody reads these bytes any more."));
    }
  }

  return {
    bytes: read(),
    write: (bytes) =>
      new Promise<void>((taken, refused) => {
        if (gaveUp || finished) return refused(new Error("Nobody reads these bytes any more."));
        waiting = { bytes, taken, refused };
        wake();
      }),
    end() {
      finished ??= "ended";
      wake();
    },
    fail(reason) {
      finished ??= { reason };
      waiting?.refused(reason);
      waiting = null;
      wake();
    },
  };
}
