"use client";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { Icon } from "../../components/icon.tsx";
import { KindGlyph } from "../../components/kind-glyph.tsx";
import { type Pick, PickList } from "../../components/pick-list.tsx";
import { StatusPill } from "../../components/pill.tsx";
import type { SearchQuery } from "../../gql/graphql.ts";
import { graphql } from "../../gql/index.ts";
import { execute } from "../../lib/execute.ts";
import { places } from "../shell/navigation.ts";
import { toggleTheme } from "../shell/theme.ts";

const SearchDocument = graphql(`
  query Search {
    models(first: 100) {
      edges { node { id namespace name description latest { id kind number } } }
    }
    runs(first: 30) {
      edges { node { id title state kind } }
    }
  }
`);

interface Target extends Pick {
  go: (router: ReturnType<typeof useRouter>) => void;
}

export function CommandPanel({ onDone }: { onDone: () => void }) {
  const router = useRouter();
  const [found, setFound] = useState<SearchQuery | null>(null);
  const [isAway, setAway] = useState(false);
  useEffect(() => {
    const abort = new AbortController();
    execute(SearchDocument, {}, { url: "/graphql", signal: abort.signal }).then(
      setFound,
      () => !abort.signal.aborted && setAway(true),
    );
    return () => abort.abort();
  }, []);

  const targets = [...(found ? [...modelTargets(found), ...runTargets(found)] : []), ...pageTargets()];
  return (
    <PickList
      label="Search and commands"
      placeholder="Find a model, a run or a page"
      picks={targets}
      onPick={(pick) => {
        onDone();
        targets.find((target) => target.id === pick.id)?.go(router);
      }}
      note={
        !found && (
          <p className="px-3 py-3 text-caption text-ink-3">
            {isAway ? "The API does not answer, so only pages are listed." : "Loading models and runs"}
          </p>
        )
      }
    />
  );
}

function modelTargets(data: SearchQuery): Target[] {
  return data.models.edges.map(({ node }) => ({
    id: node.id,
    group: "Models",
    text: `${node.namespace}/${node.name} ${node.description}`,
    go: (router) =>
      router.push(
        node.latest ? `/models/${node.namespace}/${node.name}/${node.latest.number}` : `/models/${node.namespace}/${node.name}`,
      ),
    content: (
      <>
        {node.latest ? <KindGlyph kind={node.latest.kind} /> : <Icon name="box" />}
        <span className="truncate">
          <span className="text-ink-3">{node.namespace} / </span>
          {node.name} {node.latest && <span className="text-ink-3">v{node.latest.number}</span>}
        </span>
      </>
    ),
  }));
}

function runTargets(data: SearchQuery): Target[] {
  return data.runs.edges.map(({ node }) => ({
    id: node.id,
    group: "Runs",
    text: `${node.title} ${node.kind} ${node.state}`,
    go: (router) => router.push(`/runs/${encodeURIComponent(node.id)}`),
    content: (
      <>
        <Icon name="run" />
        <span className="flex-1 truncate">{node.title}</span>
        <StatusPill state={node.state} />
      </>
    ),
  }));
}

function pageTargets(): Target[] {
  const pages: Target[] = places.map((place) => ({
    id: place.href,
    group: "Pages",
    text: `${place.label} page go`,
    go: (router) => router.push(place.href),
    content: (
      <>
        <Icon name={place.icon} />
        <span className="flex-1">{place.label === "Merge" ? "New merge" : place.label}</span>
        <span className="text-caption text-ink-3">g {place.key}</span>
      </>
    ),
  }));
  const theme: Target = {
    id: "theme",
    group: "Pages",
    text: "switch theme light dark",
    go: () => toggleTheme(),
    content: (
      <>
        <Icon name="theme" />
        <span className="flex-1">Switch between light and dark</span>
        <span className="text-caption text-ink-3">t</span>
      </>
    ),
  };
  return [...pages, theme];
}
