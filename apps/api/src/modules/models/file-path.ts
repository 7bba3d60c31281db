import { textThat } from "../names.ts";

const extensions = [".safetensors", ".json", ".txt", ".md", ".model", ".jinja", ".yaml", ".yml"];
const bareNames = new Set(["LICENSE", "LICENCE", "NOTICE", "COPYING", "AUTHORS"]);
const pickles = [".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".h5", ".msgpack"];

/**
 * Names of files in a version: relative, plain ASCII, of a kind we know. An allowlist, so that there is no spelling of a
 * traversal left to find; names are never used as storage keys anyway.
 */
export const filePathSchema = textThat(problemOf);

function problemOf(path: string): string | null {
  if (path.length > 255) return "This file name is longer than 255 characters.";
  const shown = JSON.stringify(path.slice(0, 100));
  const segments = path.split("/");
  if (segments.some((segment) => !/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(segment) || segment.includes("..")))
    return `${shown} is not a file name we take: use relative names of letters, digits and . _ - with / between folders.`;
  const name = segments.at(-1) ?? "";
  const lower = name.toLowerCase();
  if (pickles.some((extension) => lower.endsWith(extension)))
    return `${shown} can run code when it is opened, or is no safetensors file. Convert the weights to .safetensors.`;
  if (extensions.some((extension) => lower.endsWith(extension)) || bareNames.has(name)) return null;
  return `${shown} has an ending we do not know. A version may hold ${extensions.join(" ")} and licence files.`;
}
