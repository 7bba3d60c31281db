import Link from "next/link";
import { KindGlyph } from "../../components/kind-glyph.tsx";
import type { CanvasInput } from "../../components/strands/strand-canvas.tsx";
import type { MixtureFragment } from "../../gql/graphql.ts";
import { baseOf, colourOf, directParents, mixtureStrands } from "./mixture.ts";
import { versionPath } from "./version-path.ts";

type Edges = MixtureFragment["parents"];

/** Rows of a strand canvas for a version's parents; `notes` by ref, e.g. a score. */
export function mixtureInputs(edges: Edges, notes: Map<string, string> = new Map()): CanvasInput[] {
  const bands = mixtureStrands(edges);
  return directParents(edges).map((edge) => ({
    key: edge.id,
    label: edge.parent.model.name,
    colour: colourOf(edge.parent),
    coefficient: edge.coefficient,
    glyph: <KindGlyph kind={edge.parent.kind} colour={edge.parent.kind === "MERGED" ? "var(--ink-2)" : colourOf(edge.parent)} />,
    content: <ParentLink edge={edge} />,
    note: notes.get(edge.parent.ref),
    cable: edge.parent.kind === "MERGED" ? bands.filter((band) => band.parentRef === edge.parent.ref) : [],
  }));
}

export function baseInput(edges: Edges): CanvasInput | null {
  const edge = baseOf(edges);
  if (!edge) return null;
  return {
    key: edge.id,
    label: edge.parent.model.name,
    colour: "var(--s0)",
    coefficient: null,
    glyph: <KindGlyph kind={edge.parent.kind} colour="var(--s0)" />,
    content: <ParentLink edge={edge} />,
  };
}

function ParentLink({ edge }: { edge: Edges[number] }) {
  return (
    <Link href={versionPath(edge.parent)} className="link">
      {edge.parent.model.name}
    </Link>
  );
}
