import { readFilters } from "../../../../../../../features/models/filters.ts";
import { TensorsTab } from "../../../../../../../features/versions/tensors-tab.tsx";
import { refOf } from "../../../../../../../features/versions/version-path.ts";

export default async function Page({ params, searchParams }: PageProps<"/models/[ns]/[name]/[version]/tensors">) {
  const { search, after } = readFilters(await searchParams);
  return <TensorsTab versionRef={refOf(await params)} search={search} after={after} />;
}
