import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import path from "node:path";
import { digestFolder } from "./inspect-checkpoint.ts";

/** Of a folder as the registry has it; of a file its sha256. */
export async function digestOf(location: string, signal: AbortSignal): Promise<string> {
  return location.endsWith(".safetensors") ? sha256(location) : digestFolder(path.resolve(location), { signal });
}

export async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
