import { EmptyState } from "../../components/empty-state.tsx";
import { GainPlot } from "../../components/gain-plot.tsx";
import { KindGlyph } from "../../components/kind-glyph.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import { EvaluateButton } from "../evaluations/evaluate-button.tsx";
import type { Board } from "../leaderboards/board.ts";
import { gainAxis, gainRows } from "./gain-rows.ts";
import type { OverviewVersion } from "./overview-tab.tsx";

/** Base, this version and the expert on each task, and the share of the expert's gain that was kept. */
export function AgainstParents({ version, board }: { version: OverviewVersion; board: Board | null }) {
  const rows = board ? gainRows(version.evaluations, board) : [];
  return (
    <Card>
      <CardHead
        title={version.kind === "MERGED" ? "Against its parents" : "On the tasks"}
        note={rows.length > 0 && <span className="phone:hidden">report split, 95&#8239;% intervals</span>}
      >
        {rows.length > 0 && <Legend number={version.number} />}
      </CardHead>
      {rows.length > 0 ? (
        <div className="pt-1 pb-2">
          <GainPlot rows={rows} axis={gainAxis(rows)} fromLabel="base" toLabel="expert" />
        </div>
      ) : (
        <EmptyState
          title="No evaluations yet"
          action={
            board && (
              <EvaluateButton
                versionRef={version.ref}
                namespace={board.suite.namespace}
                suite={board.suite.name}
                title={board.suite.title}
              />
            )
          }
        >
          {board
            ? "Evaluate it to see what it keeps of each expert's gain over the base."
            : "Scores show here once a suite of tasks is registered."}
        </EmptyState>
      )}
    </Card>
  );
}

function Legend({ number }: { number: number }) {
  return (
    <span className="flex items-center gap-3.5 text-caption text-ink-3">
      <span className="flex items-center gap-[5px]">
        <KindGlyph kind="BASE" colour="var(--s0)" /> base
      </span>
      <span className="flex items-center gap-[5px]">
        <i className="size-[9px] rounded-full bg-ink" /> v{number}
      </span>
      <span className="flex items-center gap-[5px]">
        <KindGlyph kind="FINE_TUNED" /> expert
      </span>
    </span>
  );
}
