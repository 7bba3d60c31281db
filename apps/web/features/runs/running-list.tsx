"use client";
import Link from "next/link";
import { useEffect, useState } from "react";
import { ProgressBar } from "../../components/progress-bar.tsx";
import type { RunLineFragment } from "../../gql/graphql.ts";
import { graphql } from "../../gql/index.ts";
import { execute } from "../../lib/execute.ts";
import { runPath } from "../versions/version-path.ts";
import { RunGlyph } from "./run-glyph.tsx";
import { isEnded, runDetail, timeLeft } from "./run-words.ts";

const RunningDocument = graphql(`
  query Running {
    runs(first: 8) { edges { node { ...RunLine } } }
  }
`);

const pollMs = 2000;

/** Progress in a list: asks again while something moves, and not while the tab is hidden. */
export function RunningList({ initial }: { initial: RunLineFragment[] }) {
  const [runs, setRuns] = useState(initial);
  const isMoving = runs.some((run) => !isEnded(run.state));
  useEffect(() => {
    if (!isMoving) return;
    const timer = setInterval(async () => {
      if (document.hidden) return;
      const answer = await execute(RunningDocument, {}).catch(() => null);
      if (!answer) return;
      const byId = new Map(answer.runs.edges.map(({ node }) => [node.id, node]));
      setRuns((shown) => shown.map((run) => byId.get(run.id) ?? run));
    }, pollMs);
    return () => clearInterval(timer);
  }, [isMoving]);
  return (
    <div>
      {runs.map((run) => (
        <RunRow key={run.id} run={run} />
      ))}
    </div>
  );
}

function RunRow({ run }: { run: RunLineFragment }) {
  const left = timeLeft(run.secondsLeft);
  return (
    <Link
      href={runPath(run.id)}
      className="flex items-start gap-2.5 border-line border-t px-4 pt-2.5 pb-3 first:border-t-0 hover:bg-hover"
    >
      <span className="pt-px text-ink-2">
        <RunGlyph kind={run.kind} />
      </span>
      <span className="min-w-0 flex-1">
        <span className="flex items-center gap-2 text-table">
          <span className="min-w-0 flex-1 truncate font-medium">{run.title}</span>
          <span className="num text-caption text-ink-3">{isEnded(run.state) ? "" : left}</span>
        </span>
        <span className="num mt-px block truncate text-caption text-ink-3">{runDetail(run)}</span>
        {!isEnded(run.state) && <ProgressBar value={run.progress} label={`Progress of ${run.title}`} className="mt-[7px]" />}
      </span>
    </Link>
  );
}
