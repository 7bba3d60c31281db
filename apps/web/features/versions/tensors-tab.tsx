import { type Column, DataTable } from "../../components/data-table.tsx";
import { Digest } from "../../components/digest.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Pager } from "../../components/pager.tsx";
import { SearchField } from "../../components/search-field.tsx";
import { ButtonLink } from "../../components/ui/button.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import type { VersionTensorsQuery } from "../../gql/graphql.ts";
import { bytes, integer, plural, statistic } from "../../lib/format.ts";
import { load } from "../../lib/load.ts";
import { TabContent } from "./tab-content.tsx";
import { VersionTensorsDocument } from "./version-documents.ts";
import { versionPath } from "./version-path.ts";

type Tensor = NonNullable<VersionTensorsQuery["version"]>["tensors"]["edges"][number]["node"];

const pageSize = 50;

export async function TensorsTab({
  versionRef,
  search,
  after,
}: {
  versionRef: string;
  search: string | null;
  after: string | null;
}) {
  const answer = await load(VersionTensorsDocument, { ref: versionRef, search, after, first: pageSize });
  return (
    <TabContent versionRef={versionRef} what="The tensors" answer={answer}>
      {({ version }) => {
        const path = versionPath(version, "tensors");
        const address = (cursor: string | null) => {
          const query = new URLSearchParams([...(search ? [["q", search]] : []), ...(cursor ? [["after", cursor]] : [])]);
          return query.size ? `${path}?${query}` : path;
        };
        return (
          <Card>
            <CardHead
              title="Tensors"
              note={search ? `${integer(version.tensors.totalCount)} of ${integer(version.tensorCount)}` : undefined}
            >
              <SearchField label="Filter by name" className="w-[260px] phone:w-full" />
            </CardHead>
            <DataTable
              label="Tensors"
              columns={columns}
              rows={version.tensors.edges.map(({ node }) => node)}
              keyOf={(tensor) => tensor.id}
              rowHeight={36}
              phone={(tensor) => <PhoneRow tensor={tensor} />}
              empty={
                search ? (
                  <EmptyState
                    title={`No tensor matches “${search}”`}
                    action={<ButtonLink href={path}>Clear the filter</ButtonLink>}
                  />
                ) : (
                  <EmptyState title="No tensors">The list is written when the version has been verified.</EmptyState>
                )
              }
            />
            <Pager
              shown={plural(version.tensors.totalCount, "tensor")}
              first={after ? address(null) : null}
              next={version.tensors.pageInfo.hasNextPage ? address(version.tensors.pageInfo.endCursor ?? null) : null}
            />
          </Card>
        );
      }}
    </TabContent>
  );
}

const shapeOf = (tensor: Tensor) => tensor.shape.map(integer).join(" × ") || "scalar";

const columns: Column<Tensor>[] = [
  { key: "name", head: "Name", cell: (tensor) => <code className="text-caption wrap-anywhere">{tensor.name}</code> },
  { key: "dtype", head: "Type", cell: (tensor) => <span className="text-ink-2">{tensor.dtype}</span> },
  { key: "shape", head: "Shape", align: "right", cell: (tensor) => <span className="whitespace-nowrap">{shapeOf(tensor)}</span> },
  {
    key: "size",
    head: "Size",
    align: "right",
    isSecondary: true,
    cell: (tensor) => <span className="whitespace-nowrap">{bytes(Number(tensor.sizeBytes))}</span>,
  },
  { key: "norm", head: "Norm", align: "right", cell: (tensor) => statistic(tensor.norm) },
  {
    key: "range",
    head: "Range",
    align: "right",
    isSecondary: true,
    cell: (tensor) => (
      <span className="whitespace-nowrap text-ink-2">
        {statistic(tensor.min)} to {statistic(tensor.max)}
      </span>
    ),
  },
  {
    key: "digest",
    head: "sha256",
    isSecondary: true,
    cell: (tensor) => <Digest value={tensor.sha256} tight />,
    className: "pl-8",
  },
];

function PhoneRow({ tensor }: { tensor: Tensor }) {
  return (
    <>
      <code className="block text-caption wrap-anywhere">{tensor.name}</code>
      <div className="num mt-1 flex flex-wrap gap-x-3 text-caption text-ink-3">
        <span>{shapeOf(tensor)}</span>
        <span>{tensor.dtype}</span>
        <span>{bytes(Number(tensor.sizeBytes))}</span>
        <span>norm {statistic(tensor.norm)}</span>
      </div>
    </>
  );
}
