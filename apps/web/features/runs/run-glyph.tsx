import { Icon } from "../../components/icon.tsx";
import { KindGlyph } from "../../components/kind-glyph.tsx";
import type { RunLineFragment } from "../../gql/graphql.ts";

const icons = { EVALUATION: "board", STATISTIC: "study", VERIFICATION: "up" } as const;

export function RunGlyph({ kind }: { kind: RunLineFragment["kind"] }) {
  if (kind === "MERGE") return <KindGlyph kind="MERGED" />;
  return (
    <span className="text-ink-2">
      <Icon name={icons[kind]} />
    </span>
  );
}
