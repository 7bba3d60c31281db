const MiB = 1024 * 1024;
const usualPartBytes = 8 * MiB;
const maxParts = 10_000;

export const maxFileBytes = 2 ** 40;

export interface PartLayout {
  readonly partSizeBytes: number;
  readonly partCount: number;
}

/** Parts of 8 MiB; larger ones for files that would need more than 10,000. */
export function layoutParts(sizeBytes: number): PartLayout {
  const least = Math.ceil(sizeBytes / maxParts / MiB) * MiB;
  const partSizeBytes = Math.max(usualPartBytes, least);
  return { partSizeBytes, partCount: Math.ceil(sizeBytes / partSizeBytes) };
}

/** The exact length of part `number`; the last one holds what is left. */
export function partLength(upload: { sizeBytes: bigint; partSizeBytes: number; partCount: number }, number: number): number {
  const isLast = number === upload.partCount - 1;
  return isLast ? Number(upload.sizeBytes) - number * upload.partSizeBytes : upload.partSizeBytes;
}
