import { Loading, SkeletonRows } from "../../../../../../components/skeleton.tsx";
import { Card } from "../../../../../../components/ui/card.tsx";

export default function TabLoading() {
  return (
    <Loading label="Loading">
      <Card>
        <SkeletonRows rows={8} />
      </Card>
    </Loading>
  );
}
