import { ButtonLink } from "./ui/button.tsx";
import { Card } from "./ui/card.tsx";

interface Props {
  title?: string;
  children?: React.ReactNode;
}

export function NotFound({ title = "Nothing is at this address", children }: Props) {
  return (
    <Card className="flex flex-col items-center gap-2 px-6 py-16 text-center">
      <h1 className="text-page">{title}</h1>
      <p className="max-w-[440px] text-ink-2">
        {children ??
          "The link may be old, or the name may have changed. Names are namespace/name, versions are numbers or @aliases."}
      </p>
      <div className="mt-4 flex gap-2">
        <ButtonLink href="/models" look="filled">
          All models
        </ButtonLink>
        <ButtonLink href="/">Home</ButtonLink>
      </div>
    </Card>
  );
}
