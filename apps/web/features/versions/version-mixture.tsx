import { kindLabel } from "../../components/kind-glyph.tsx";
import { MixtureStrip } from "../../components/strands/mixture-strip.tsx";
import { mixtureStrands } from "./mixture.ts";

type Edges = Parameters<typeof mixtureStrands>[0];

/** The strip of a merge, or the word for any other kind. */
export function VersionMixture({
  version,
  className,
}: {
  version: { kind: "BASE" | "FINE_TUNED" | "TASK_VECTOR" | "ADAPTER" | "MERGED"; parents: Edges };
  className?: string;
}) {
  const strands = version.kind === "MERGED" ? mixtureStrands(version.parents) : [];
  if (strands.length === 0) return <span className="text-caption text-ink-3">{kindLabel(version.kind)}</span>;
  return <MixtureStrip strands={strands} {...(className ? { className } : {})} />;
}
