import { Loading, Skeleton, SkeletonRows } from "./skeleton.tsx";
import { Card } from "./ui/card.tsx";

/** The frame most pages share while their data is on its way. */
export function PageSkeleton({ rows = 8, hasHero = false }: { rows?: number; hasHero?: boolean }) {
  return (
    <Loading label="Loading">
      <div className="mb-5 flex h-8 items-center gap-3">
        <Skeleton className="h-6 w-52" />
        <Skeleton className="h-5 w-20 rounded-full" />
      </div>
      {hasHero && (
        <Card className="mb-3.5 h-[306px] p-6">
          <Skeleton className="h-full w-full" />
        </Card>
      )}
      <Card>
        <SkeletonRows rows={rows} />
      </Card>
    </Loading>
  );
}
