import type { Deps } from "../../deps.ts";
import { blobKey } from "../../platform/object-store.ts";
import { BadFileError } from "./bad-file-error.ts";

/** Tokenizers of large vocabularies reach 30 MB. */
const limitBytes = 64 * 1024 * 1024;

/** The whole of a stored file as text. */
export async function readSmallFile(
  deps: Deps,
  file: { readonly path: string; readonly sha256: string; readonly sizeBytes: bigint },
): Promise<string> {
  if (file.sizeBytes > limitBytes)
    throw new BadFileError(
      file.path,
      "FILE_TOO_LARGE",
      `${file.path} is larger than ${limitBytes} bytes, too large for a file of its kind.`,
    );
  const chunks: Uint8Array[] = [];
  for await (const chunk of deps.store.get(blobKey(file.sha256))) chunks.push(chunk);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new BadFileError(file.path, "NOT_UTF8", `${file.path} is not valid UTF-8.`);
  }
}

/** A JSON file that must hold an object. */
export function parseJsonObject(path: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BadFileError(path, "NOT_JSON", `${path} is not valid JSON: ${(error as Error).message.slice(0, 200)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new BadFileError(path, "NOT_JSON", `${path} must hold a JSON object.`);
  if (text.includes("\\u0000")) throw new BadFileError(path, "NOT_JSON", `${path} holds a NUL character.`);
  return value as Record<string, unknown>;
}
