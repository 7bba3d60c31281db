import { padBatch } from "@amalgam/engine/runtime";

/** Texts of one length with tokens from all over the vocabulary, and a label for each. */
export function syntheticBatch(size: number, length: number, vocabulary: number, classes: number) {
  const texts = Array.from({ length: size }, (_, row) =>
    Array.from({ length }, (_unused, at) => (row * 7919 + at * 104729) % vocabulary),
  );
  return { batch: padBatch(texts), labels: Int32Array.from(texts, (_, row) => row % classes) };
}
