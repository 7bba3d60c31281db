import Link from "next/link";
import type { ReactNode } from "react";
import { CopyLinkButton } from "../../components/copy-button.tsx";
import { Digest } from "../../components/digest.tsx";
import { Icon } from "../../components/icon.tsx";
import { KindGlyph, kindLabel } from "../../components/kind-glyph.tsx";
import { LoadFailure } from "../../components/load-failure.tsx";
import { NotFound } from "../../components/not-found.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { AliasPill, StatusPill } from "../../components/pill.tsx";
import { TimeAgo } from "../../components/time-ago.tsx";
import { ButtonLink } from "../../components/ui/button.tsx";
import type { VersionHeadQuery } from "../../gql/graphql.ts";
import { bytes, integer, parameters } from "../../lib/format.ts";
import { loadHead } from "./load-head.ts";
import { modelPath, versionPath } from "./version-path.ts";
import { VersionTabs } from "./version-tabs.tsx";

type Version = NonNullable<VersionHeadQuery["version"]>;

/** Head and tabs of a version; the tab itself is the child. */
export async function VersionFrame({ versionRef, children }: { versionRef: string; children: ReactNode }) {
  const answer = await loadHead(versionRef);
  if (!answer.ok) {
    return (
      <>
        <PageHead title={versionRef} />
        <LoadFailure failure={answer.failure} what={versionRef} />
      </>
    );
  }
  const version = answer.data.version;
  if (!version) {
    return (
      <NotFound title={`There is no version ${versionRef}`}>
        Open the model to see the versions it has. Versions are numbers, or aliases with an @ before them.
      </NotFound>
    );
  }
  return (
    <>
      <PageHead title={<Title version={version} />} aside={<Marks version={version} />} facts={<HeadFacts version={version} />}>
        <Steps version={version} />
        <CopyLinkButton className="phone:hidden" />
        <Actions version={version} />
      </PageHead>
      <VersionTabs
        path={versionPath(version)}
        counts={{
          evaluations: version.evaluations.length,
          statistics: answer.data.statistics.totalCount,
          tensors: version.tensorCount,
          files: version.files.length,
        }}
        hasRecipe={version.kind === "MERGED" || version.kind === "TASK_VECTOR"}
      />
      {version.state === "REJECTED" && <Rejected version={version} />}
      <div className={version.state === "REJECTED" ? "opacity-60" : undefined}>{children}</div>
    </>
  );
}

function Title({ version }: { version: Version }) {
  return (
    <span className="flex flex-wrap items-center gap-x-2.5">
      <KindGlyph kind={version.kind} colour="var(--ink)" className="size-[22px]" />
      <span>
        <Link
          href={`/models/${encodeURIComponent(version.model.namespace)}`}
          className="link font-normal text-ink-3 phone:hidden"
        >
          {version.model.namespace} /
        </Link>{" "}
        <Link href={modelPath(version.model)} className="link">
          {version.model.name}
        </Link>{" "}
        <span className="font-normal text-ink-3">v{version.number}</span>
      </span>
    </span>
  );
}

function Marks({ version }: { version: Version }) {
  return (
    <>
      {[...version.aliases].sort().map((alias) => (
        <AliasPill key={alias} alias={alias} />
      ))}
      {version.state !== "READY" && <StatusPill state={version.state} />}
    </>
  );
}

function HeadFacts({ version }: { version: Version }) {
  const count = Number(version.parameterCount);
  return (
    <div className="num mt-1 flex flex-wrap items-center gap-x-[18px] gap-y-1">
      <span>{kindLabel(version.kind)}</span>
      {count > 0 && (
        <span title={integer(count)}>
          <b className="font-normal text-ink-2">{parameters(count)}</b> parameters
        </span>
      )}
      <span title={`${integer(Number(version.sizeBytes))} bytes`}>
        <b className="font-normal text-ink-2">{bytes(Number(version.sizeBytes))}</b> {version.dtype}
      </span>
      {version.licence && <span className="text-ink-2">{version.licence}</span>}
      <span>
        <TimeAgo iso={version.createdAt} />
      </span>
      {version.digest && <Digest value={version.digest} prefix />}
    </div>
  );
}

/** `[` and `]` step through the versions of a model. */
function Steps({ version }: { version: Version }) {
  const newest = version.model.versions.edges[0]?.node.number ?? version.number;
  const step = "grid size-8 place-items-center rounded-control text-ink-2 hover:bg-hover";
  return (
    <span className="flex phone:hidden">
      {version.number > 1 && (
        <Link
          data-previous
          href={versionPath({ ...version, number: version.number - 1 })}
          className={step}
          aria-label="Previous version"
        >
          <Icon name="previous" />
        </Link>
      )}
      {version.number < newest && (
        <Link data-next href={versionPath({ ...version, number: version.number + 1 })} className={step} aria-label="Next version">
          <Icon name="next" />
        </Link>
      )}
    </span>
  );
}

function Actions({ version }: { version: Version }) {
  if (version.state !== "READY") return null;
  const canParent = version.kind !== "BASE";
  const query = new URLSearchParams(canParent ? [["p", version.ref]] : [["base", version.ref]]);
  return (
    <>
      {version.evaluations.length > 0 && (
        <ButtonLink href={`/compare?${new URLSearchParams({ v: version.ref })}`}>
          <Icon name="compare" />
          Compare
        </ButtonLink>
      )}
      <ButtonLink href={`/merge?${query}`}>
        <Icon name="merge" />
        {canParent ? "Merge with" : "Merge onto"}
      </ButtonLink>
      <ButtonLink href={versionPath(version, "files")} look="filled">
        <Icon name="download" />
        Files
      </ButtonLink>
    </>
  );
}

function Rejected({ version }: { version: Version }) {
  return (
    <div role="alert" className="mb-3.5 flex gap-3 rounded-card bg-bad-bg px-4 py-3">
      <Icon name="cross" className="mt-0.5 size-4 text-bad" />
      <div className="min-w-0">
        <p className="font-medium text-bad">Rejected: this version cannot be merged, evaluated or downloaded</p>
        <p className="mt-0.5 text-table wrap-anywhere text-ink-2">
          {version.rejection?.message ?? "The server gave no reason. Register the folder again."}
        </p>
        {version.rejection && version.rejection.path.length > 0 && (
          <p className="mt-1 font-mono text-caption text-ink-3">{version.rejection.path.join(" › ")}</p>
        )}
      </div>
    </div>
  );
}
