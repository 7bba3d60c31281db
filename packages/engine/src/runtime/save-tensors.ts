import { open, rename, rm } from "node:fs/promises";
import { encodeFromF32, writeSafetensors } from "../formats/index.ts";
import type { TensorValues } from "./parameters.ts";

/** Writes F32 tensors to a safetensors file: under another name first, so a file is either the old one or the new one. */
export async function saveTensors(
  file: string,
  tensors: Iterable<readonly [name: string, tensor: TensorValues]>,
  metadata: ReadonlyMap<string, string>,
): Promise<void> {
  const partial = `${file}.partial-${process.pid}`;
  const data = [...tensors].map(([name, { shape, values }]) => ({
    name,
    dtype: "F32" as const,
    shape,
    data: encodeFromF32("F32", values),
  }));
  try {
    const handle = await open(partial, "w");
    try {
      await writeSafetensors({ write: async (bytes) => void (await handle.writeFile(bytes)) }, data, metadata);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}
