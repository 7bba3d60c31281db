import type { VersionNameFragment } from "../../gql/graphql.ts";

type Named = Pick<VersionNameFragment, "number"> & { model: { namespace: string; name: string } };

/** `name v3`, the way versions are written everywhere. */
export function VersionName({ version, withNamespace = false }: { version: Named; withNamespace?: boolean }) {
  return (
    <span className="min-w-0 truncate">
      {withNamespace && <span className="text-ink-3">{version.model.namespace} / </span>}
      <span className="font-medium">{version.model.name}</span> <span className="text-ink-3">v{version.number}</span>
    </span>
  );
}
