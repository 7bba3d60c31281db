import type { ReactNode } from "react";
import { EmptyState } from "../../components/empty-state.tsx";
import { LoadFailure } from "../../components/load-failure.tsx";
import { ProgressBar } from "../../components/progress-bar.tsx";
import { ButtonLink } from "../../components/ui/button.tsx";
import { Card } from "../../components/ui/card.tsx";
import type { Loaded } from "../../lib/load.ts";
import { loadHead } from "./load-head.ts";
import { RefreshWhile } from "./refresh-while.tsx";
import { runPath } from "./version-path.ts";

interface Props<Result extends { version: unknown }> {
  versionRef: string;
  what: string;
  answer: Loaded<Result>;
  children: (data: Result & { version: NonNullable<Result["version"]> }) => ReactNode;
}

/** What every tab shares: the API away, a version that is not there, and one whose bytes are still being checked. */
export async function TabContent<Result extends { version: unknown }>({ versionRef, what, answer, children }: Props<Result>) {
  const head = await loadHead(versionRef);
  // The frame already says that the API is away, or that there is no such version.
  if (!head.ok || !head.data.version) return null;
  if (!answer.ok) return <LoadFailure failure={answer.failure} what={what} />;
  const { version } = head.data;
  if (version.state === "VERIFYING") {
    const run = version.mergeRun;
    return (
      <Card>
        <RefreshWhile />
        <EmptyState
          title={run ? "This version is being merged" : "The server is verifying this version"}
          action={run && <ButtonLink href={runPath(run.id)}>Open run</ButtonLink>}
        >
          {run ? (
            <ProgressBar value={run.progress} label="Progress of the merge" className="mx-auto mt-2 w-60" />
          ) : (
            "Every byte is read once: digests, header rules, and that all values are finite. This page turns over when it is done."
          )}
        </EmptyState>
      </Card>
    );
  }
  if (!answer.data.version) return null;
  return <>{children(answer.data as Result & { version: NonNullable<Result["version"]> })}</>;
}
