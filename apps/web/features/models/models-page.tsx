import Link from "next/link";
import { EmptyState } from "../../components/empty-state.tsx";
import { Icon } from "../../components/icon.tsx";
import { LoadFailure } from "../../components/load-failure.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Pager } from "../../components/pager.tsx";
import { SearchField } from "../../components/search-field.tsx";
import { ButtonLink } from "../../components/ui/button.tsx";
import { Card } from "../../components/ui/card.tsx";
import { SegmentedLinks } from "../../components/ui/segmented.tsx";
import { plural } from "../../lib/format.ts";
import { load } from "../../lib/load.ts";
import { filtersPath, isFiltered, kinds, type ModelFilters } from "./filters.ts";
import { ModelsDocument } from "./models-document.ts";
import { ModelsTable } from "./models-table.tsx";
import { RegisterButton } from "./register-button.tsx";

const pageSize = 50;

/** All models, or those of one namespace when the address names it. */
export async function ModelsPage({ filters, namespace }: { filters: ModelFilters; namespace?: string }) {
  const path = namespace ? `/models/${encodeURIComponent(namespace)}` : "/models";
  const answer = await load(ModelsDocument, {
    namespace: namespace ?? filters.namespace,
    kind: filters.kind,
    search: filters.search,
    after: filters.after,
    first: pageSize,
  });
  const head = (count: number | null, home: string) => (
    <PageHead
      title={namespace ?? "Models"}
      aside={count !== null && <span className="text-table text-ink-3">{plural(count, "model")}</span>}
    >
      <RegisterButton namespace={home} />
      <ButtonLink href="/merge" look="filled">
        <Icon name="plus" />
        New merge
      </ButtonLink>
    </PageHead>
  );
  if (!answer.ok) {
    return (
      <>
        {head(null, namespace ?? "acme")}
        <LoadFailure failure={answer.failure} what="The list of models" />
      </>
    );
  }
  const { models, viewer } = answer.data;
  const rows = models.edges.map(({ node }) => node);
  const home = namespace ?? viewer.namespaces[0] ?? "acme";
  return (
    <>
      {head(models.totalCount, home)}
      <FilterBar filters={filters} namespaces={namespace ? [] : viewer.namespaces} path={path} />
      <Card>
        {rows.length === 0 ? (
          <NothingHere filters={filters} path={path} namespace={home} />
        ) : (
          <>
            <ModelsTable rows={rows} showNamespace={!namespace} />
            <Pager
              shown={plural(models.totalCount, "model")}
              first={filters.after ? filtersPath(filters, { after: null }, path) : null}
              next={models.pageInfo.hasNextPage ? filtersPath(filters, { after: models.pageInfo.endCursor ?? null }, path) : null}
            />
          </>
        )}
      </Card>
    </>
  );
}

function FilterBar({ filters, namespaces, path }: { filters: ModelFilters; namespaces: string[]; path: string }) {
  return (
    <div className="mb-3 flex items-center gap-2 phone:flex-wrap">
      <SearchField label="Filter by name" />
      <div className="scroll-x flex min-w-0 gap-2">
        <SegmentedLinks
          label="Kind"
          value={filters.kind ?? ""}
          options={[{ value: "", label: "All" }, ...kinds].map(({ value, label }) => ({
            value,
            label,
            href: filtersPath(filters, { kind: kinds.find((kind) => kind.value === value)?.value ?? null }, path),
          }))}
        />
        {namespaces.length > 1 && (
          <SegmentedLinks
            label="Namespace"
            value={filters.namespace ?? ""}
            options={["", ...namespaces].map((value) => ({
              value,
              label: value || "Every namespace",
              href: filtersPath(filters, { namespace: value || null }, path),
            }))}
          />
        )}
      </div>
      {isFiltered(filters) && (
        <Link href={path} className="link text-table whitespace-nowrap text-ink-2">
          Clear filters
        </Link>
      )}
    </div>
  );
}

function NothingHere({ filters, path, namespace }: { filters: ModelFilters; path: string; namespace: string }) {
  if (isFiltered(filters)) {
    return <EmptyState title="No model matches" action={<ButtonLink href={path}>Clear filters</ButtonLink>} />;
  }
  return (
    <EmptyState title="No models yet" action={<RegisterButton namespace={namespace} />}>
      Bases, fine-tunes and merges show here, one row a model. Register a folder, or run <code>npm run demo</code> for the
      six-tasks example.
    </EmptyState>
  );
}
