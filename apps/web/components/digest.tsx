import { shortDigest } from "../lib/format.ts";
import { CopyButton } from "./copy-button.tsx";

/** Both ends of a sha256; copies whole. */
export function Digest({ value, tight = false, prefix = false }: { value: string; tight?: boolean; prefix?: boolean }) {
  return (
    <span className="inline-flex items-center gap-0.5 font-mono text-caption text-ink-3">
      <span title={value}>
        {prefix && "sha256 "}
        {shortDigest(value, tight)}
      </span>
      <CopyButton text={value.replace(/^sha256:/, "")} what="digest" className="size-6 text-ink-3" />
    </span>
  );
}
