import { CommandLine } from "../../components/code-block.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Digest } from "../../components/digest.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Icon } from "../../components/icon.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import type { VersionFilesQuery } from "../../gql/graphql.ts";
import { bytes, integer } from "../../lib/format.ts";
import { load } from "../../lib/load.ts";
import { TabContent } from "./tab-content.tsx";
import { VersionFilesDocument } from "./version-documents.ts";

type File = NonNullable<VersionFilesQuery["version"]>["files"][number];

export async function FilesTab({ versionRef }: { versionRef: string }) {
  const answer = await load(VersionFilesDocument, { ref: versionRef });
  return (
    <TabContent versionRef={versionRef} what="The files" answer={answer}>
      {({ version }) => (
        <Card>
          <CardHead title="Files" note={`${bytes(Number(version.sizeBytes))}, a Hugging Face folder`} />
          <div className="px-4 pb-2">
            <CommandLine command={`amalgam pull ${version.ref} ./${version.model.name}`} className="max-w-[520px]" />
          </div>
          <DataTable
            label="Files"
            columns={columns}
            rows={version.files}
            keyOf={(file) => file.path}
            phone={(file) => <PhoneRow file={file} />}
            empty={<EmptyState title="No files" />}
          />
        </Card>
      )}
    </TabContent>
  );
}

const columns: Column<File>[] = [
  { key: "path", head: "Path", cell: (file) => <code className="text-table">{file.path}</code> },
  {
    key: "size",
    head: "Size",
    align: "right",
    cell: (file) => <span title={`${integer(Number(file.sizeBytes))} bytes`}>{bytes(Number(file.sizeBytes))}</span>,
  },
  { key: "digest", head: "sha256", cell: (file) => <Digest value={file.sha256} />, className: "pl-10" },
  { key: "download", head: <span className="sr-only">Download</span>, align: "right", cell: (file) => <Download file={file} /> },
];

function Download({ file }: { file: File }) {
  return (
    <a
      href={file.downloadPath}
      download
      aria-label={`Download ${file.path}`}
      className="inline-grid size-8 place-items-center rounded-control text-ink-2 hover:bg-hover phone:size-11"
    >
      <Icon name="download" />
    </a>
  );
}

function PhoneRow({ file }: { file: File }) {
  return (
    <div className="flex items-center gap-2">
      <div className="min-w-0 flex-1">
        <code className="block truncate text-table">{file.path}</code>
        <div className="flex items-center gap-3 text-caption text-ink-3">
          <span className="num">{bytes(Number(file.sizeBytes))}</span>
          <Digest value={file.sha256} tight />
        </div>
      </div>
      <Download file={file} />
    </div>
  );
}
