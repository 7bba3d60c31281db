import { FilesTab } from "../../../../../../../features/versions/files-tab.tsx";
import { refOf } from "../../../../../../../features/versions/version-path.ts";

export default async function Page({ params }: PageProps<"/models/[ns]/[name]/[version]/files">) {
  return <FilesTab versionRef={refOf(await params)} />;
}
