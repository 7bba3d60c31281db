import path from "node:path";
import { elementCount, fileSource, inspectSafetensors, type TensorReport } from "@amalgam/engine/formats";
import { type Checkpoint, folderDigest, type Space } from "@amalgam/engine/merge";
import { listFolder } from "../client/local-files.ts";
import { hashFiles } from "../client/push-version.ts";

export interface CheckpointSummary {
  readonly path: string;
  readonly architecture: string | null;
  readonly space: Space;
  readonly files: readonly string[];
  readonly tensorCount: number;
  readonly parameterCount: number;
  readonly sizeBytes: number;
  readonly dtypes: Readonly<Record<string, number>>;
}

/** What the headers tell; no tensor byte is read. */
export function summarise(checkpoint: Checkpoint): CheckpointSummary {
  const tensors = [...checkpoint.tensors.values()];
  const dtypes: Record<string, number> = {};
  for (const { dtype } of tensors) dtypes[dtype] = (dtypes[dtype] ?? 0) + 1;
  const { architectures } = checkpoint.header.config ?? {};
  const [architecture] = Array.isArray(architectures) ? architectures : [];
  return {
    path: checkpoint.folder,
    architecture: typeof architecture === "string" ? architecture : null,
    space: checkpoint.header.space,
    files: checkpoint.files.map((file) => path.relative(checkpoint.folder, file)),
    tensorCount: tensors.length,
    parameterCount: tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0),
    sizeBytes: tensors.reduce((sum, { begin, end }) => sum + end - begin, 0),
    dtypes,
  };
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** One pass over the bytes: digest, norm, range and finiteness of every tensor, by name. */
export async function measure({ files }: Checkpoint, { signal, onProgress }: ReadOptions): Promise<Map<string, TensorReport>> {
  const sources = [];
  const reports = new Map<string, TensorReport>();
  try {
    for (const file of files) sources.push(await fileSource(file));
    const total = sources.reduce((sum, source) => sum + source.size, 0);
    let before = 0;
    for (const source of sources) {
      const { tensors } = await inspectSafetensors(source, {
        signal,
        onProgress: ({ bytesDone }) => onProgress?.(before + bytesDone, total),
      });
      before += source.size;
      for (const tensor of tensors) reports.set(tensor.name, tensor);
    }
  } finally {
    for (const source of sources) await source.close();
  }
  return reports;
}

/** The digest that the registry would give this folder. */
export async function digestFolder(folder: string, { signal, onProgress }: ReadOptions): Promise<string> {
  const { files } = await listFolder(folder);
  const hashed = await hashFiles(files, {
    ...(signal ? { signal } : {}),
    onProgress: (_, done, total) => onProgress?.(done, total),
  });
  return folderDigest(hashed);
}
