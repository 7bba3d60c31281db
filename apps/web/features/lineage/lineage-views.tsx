"use client";
import dynamic from "next/dynamic";
import { type ReactNode, useState } from "react";
import { Skeleton } from "../../components/skeleton.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import { Segmented } from "../../components/ui/segmented.tsx";
import type { Dag } from "./dag.ts";
import type { Placed } from "./placed.ts";

const LineageGraph = dynamic(() => import("./lineage-graph.tsx").then((module) => module.LineageGraph), {
  ssr: false,
  loading: () => <Skeleton className="absolute inset-4" />,
});

interface Props {
  dag: Dag;
  placed: Placed;
  truncated: boolean;
  label: string;
  table: ReactNode;
}

/** Graph or table over the same edges. The table is always there for those who cannot use the graph. */
export function LineageViews({ dag, placed, truncated, label, table }: Props) {
  const [view, setView] = useState("graph");
  const height = Math.round(Math.max(300, Math.min(620, placed.height + 24)));
  return (
    <Card className="overflow-hidden">
      <CardHead
        title="Lineage"
        note={<span className="phone:hidden">strand width is the coefficient, a hollow strand is subtracted</span>}
      >
        <Segmented
          label="View"
          value={view}
          onChange={setView}
          options={[
            { value: "graph", label: "Graph" },
            { value: "table", label: "Table" },
          ]}
        />
      </CardHead>
      {truncated && (
        <p className="px-4 pb-2 text-caption text-warn">The lineage goes on: only the nearest 300 versions are drawn.</p>
      )}
      {view === "graph" ? (
        <>
          <div className="relative" style={{ height }}>
            <LineageGraph dag={dag} placed={placed} label={label} />
          </div>
          <div className="sr-only">{table}</div>
        </>
      ) : (
        <div className="scroll-x">{table}</div>
      )}
    </Card>
  );
}
