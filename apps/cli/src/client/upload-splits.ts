import path from "node:path";
import { formatBytes } from "../terminal/format.ts";
import { startProgress } from "../terminal/progress.ts";
import { localFile } from "./local-files.ts";
import type { FileInput } from "./operations.ts";
import { hashFiles, uploadFiles } from "./push-version.ts";
import type { Server } from "./server.ts";

interface NamedFile<Rest> {
  readonly name: string;
  readonly location: string;
  /** What else the server is told of the split. */
  readonly rest: Rest;
}

/** Sends the files of splits that the server lacks, and answers how the server is told of them. */
export async function uploadSplits<Rest extends object>(
  server: Server,
  named: readonly NamedFile<Rest>[],
  signal: AbortSignal,
): Promise<(Rest & { readonly name: string; readonly file: FileInput })[]> {
  const files = await hashFiles(await Promise.all(named.map(({ location }) => localFile(location))), { signal });
  const bar = startProgress("Uploading");
  try {
    const sent = await uploadFiles(server, files, { signal, onProgress: (_stage, done, total) => bar.update({ done, total }) });
    bar.finish(sent > 0 ? `Uploaded ${formatBytes(sent)}` : "The store has every byte already");
  } finally {
    bar.finish();
  }
  return named.flatMap(({ name, rest }, index) => {
    const file = files[index];
    if (!file) return [];
    return [{ ...rest, name, file: { path: path.basename(file.path), sha256: file.sha256, sizeBytes: file.sizeBytes } }];
  });
}
