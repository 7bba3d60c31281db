import type { ShellQuery } from "../../gql/graphql.ts";

type Viewer = ShellQuery["viewer"];

/** Who is signed in, which backend computes, and the way out. Opens without script. */
export function AccountMenu({ viewer }: { viewer: Viewer }) {
  const backend = viewer.backends.find((candidate) => candidate.chosen);
  return (
    <>
      <button
        type="button"
        popoverTarget="account-menu"
        aria-label={`Account: ${viewer.name}`}
        className="ml-1 grid size-[26px] place-items-center rounded-full border border-line-2 bg-sunken text-axis font-semibold text-ink-2 phone:size-8"
      >
        {initials(viewer.name)}
      </button>
      <div
        id="account-menu"
        popover="auto"
        className="fixed inset-auto top-12 right-6 m-0 w-[280px] rounded-card border border-line-2 bg-raised p-1.5 text-ink shadow-2 phone:right-3"
      >
        <div className="px-2.5 pt-2 pb-2.5">
          <p className="text-table font-medium">{viewer.name}</p>
          {backend && (
            <p className="mt-1 text-caption text-ink-3">
              Computes with {backend.name}. {backend.reason}
            </p>
          )}
        </div>
        <form action="/sign-out" method="post" className="border-line border-t pt-1.5">
          <button type="submit" className="h-8 w-full rounded-control px-2.5 text-left text-table hover:bg-hover phone:h-11">
            Sign out
          </button>
        </form>
      </div>
    </>
  );
}

function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  return (
    words
      .slice(0, 2)
      .map((word) => word.charAt(0).toUpperCase())
      .join("") || "A"
  );
}
