import Link from "next/link";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Digest } from "../../components/digest.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { KindGlyph } from "../../components/kind-glyph.tsx";
import { LoadFailure } from "../../components/load-failure.tsx";
import { NotFound } from "../../components/not-found.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Pager } from "../../components/pager.tsx";
import { AliasPill, StatusPill } from "../../components/pill.tsx";
import { TimeAgo } from "../../components/time-ago.tsx";
import { ButtonLink } from "../../components/ui/button.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import type { ModelQuery } from "../../gql/graphql.ts";
import { bytes, plural } from "../../lib/format.ts";
import { load } from "../../lib/load.ts";
import { ModelCard } from "../versions/model-card.tsx";
import { VersionMixture } from "../versions/version-mixture.tsx";
import { modelPath, versionPath } from "../versions/version-path.ts";
import { ModelDocument } from "./models-document.ts";

type Version = NonNullable<ModelQuery["model"]>["versions"]["edges"][number]["node"];

export async function ModelPage({ namespace, name, after }: { namespace: string; name: string; after: string | null }) {
  const answer = await load(ModelDocument, { namespace, name, after });
  const title = (
    <>
      <Link href={`/models/${encodeURIComponent(namespace)}`} className="link font-normal text-ink-3">
        {namespace} /
      </Link>{" "}
      {name}
    </>
  );
  if (!answer.ok) {
    return (
      <>
        <PageHead title={title} />
        <LoadFailure failure={answer.failure} what={`${namespace}/${name}`} />
      </>
    );
  }
  const model = answer.data.model;
  if (!model) {
    return (
      <NotFound title={`There is no model ${namespace}/${name}`}>
        It may have another name. Names are namespace/name, in lower case as they were registered.
      </NotFound>
    );
  }
  const versions = model.versions.edges.map(({ node }) => node);
  const newest = versions[0];
  return (
    <>
      <PageHead
        title={title}
        aside={<span className="text-table text-ink-3">{plural(model.versions.totalCount, "version")}</span>}
        facts={model.description || undefined}
      >
        {newest && (
          <ButtonLink href={versionPath(newest)} look="filled">
            Open v{newest.number}
          </ButtonLink>
        )}
      </PageHead>
      <Card>
        <CardHead title="Versions" note="newest first" />
        <DataTable
          label={`Versions of ${name}`}
          columns={columns}
          rows={versions}
          keyOf={(version) => version.id}
          hrefOf={(version) => versionPath(version)}
          phone={(version) => <PhoneRow version={version} />}
          empty={
            <EmptyState title="No versions yet">
              Register one with{" "}
              <code>
                amalgam push ./folder --as {namespace}/{name}
              </code>
              .
            </EmptyState>
          }
        />
        <Pager
          shown={plural(model.versions.totalCount, "version")}
          first={after ? modelPath(model) : null}
          next={
            model.versions.pageInfo.hasNextPage
              ? `${modelPath(model)}?after=${encodeURIComponent(model.versions.pageInfo.endCursor ?? "")}`
              : null
          }
        />
      </Card>
      {newest?.card && (
        <Card className="mt-3.5">
          <CardHead title="Card" note={`of v${newest.number}`} />
          <ModelCard text={newest.card} />
        </Card>
      )}
    </>
  );
}

const columns: Column<Version>[] = [
  { key: "version", head: "Version", cell: (version) => <Name version={version} /> },
  { key: "mixture", head: "Mixture", cell: (version) => <VersionMixture version={version} className="w-[112px]" /> },
  { key: "aliases", head: "Aliases", cell: (version) => <Aliases version={version} /> },
  { key: "size", head: "Size", align: "right", cell: (version) => bytes(Number(version.sizeBytes)) },
  { key: "dtype", head: "Type", isSecondary: true, cell: (version) => version.dtype },
  {
    key: "digest",
    head: "Digest",
    isSecondary: true,
    cell: (version) => <span className="relative">{version.digest && <Digest value={version.digest} />}</span>,
  },
  {
    key: "age",
    head: "Made",
    align: "right",
    cell: (version) => (
      <span className="text-ink-3">
        <TimeAgo iso={version.createdAt} />
      </span>
    ),
  },
];

function Name({ version }: { version: Version }) {
  return (
    <span className="flex items-center gap-2.5">
      <KindGlyph kind={version.kind} />
      <span className="num font-medium">v{version.number}</span>
      {version.state !== "READY" && <StatusPill state={version.state} />}
    </span>
  );
}

function Aliases({ version }: { version: Version }) {
  return (
    <span className="flex gap-1">
      {version.aliases.map((alias) => (
        <AliasPill key={alias} alias={alias} />
      ))}
    </span>
  );
}

function PhoneRow({ version }: { version: Version }) {
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center gap-2 text-table">
        <Name version={version} />
        <Aliases version={version} />
        <span className="ml-auto text-caption text-ink-3">
          <TimeAgo iso={version.createdAt} />
        </span>
      </div>
      <div className="num flex items-center gap-3 pl-[26px] text-caption text-ink-3">
        <VersionMixture version={version} className="w-[112px]" />
        <span>{bytes(Number(version.sizeBytes))}</span>
      </div>
    </div>
  );
}
