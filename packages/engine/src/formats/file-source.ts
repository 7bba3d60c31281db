import { open } from "node:fs/promises";
import type { ByteSource } from "./byte-source.ts";

export interface FileSource extends ByteSource {
  close(): Promise<void>;
}

/** Opens a regular file for reading. The size is taken once: a file that shrinks while it is read is an error, not short data. */
export async function fileSource(path: string): Promise<FileSource> {
  const handle = await open(path, "r");
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new Error(`${path} is not a regular file`);
    return {
      size: stat.size,
      async read(offset, into) {
        let done = 0;
        while (done < into.length) {
          const { bytesRead } = await handle.read(into, done, into.length - done, offset + done);
          if (bytesRead === 0) throw new Error(`${path} ended at byte ${offset + done}: it became shorter while it was read`);
          done += bytesRead;
        }
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
