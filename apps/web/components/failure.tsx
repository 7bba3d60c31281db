"use client";
import { useRouter } from "next/navigation";
import { type ReactNode, useTransition } from "react";
import { Icon } from "./icon.tsx";
import { Button } from "./ui/button.tsx";

interface Props {
  /** What is wrong and where, one sentence. */
  title: string;
  /** What to do. */
  children: ReactNode;
  onRetry?: () => void;
}

/** An error in the place where its content would be. */
export function Failure({ title, children, onRetry }: Props) {
  const router = useRouter();
  const [isPending, startTransition] = useTransition();
  const retry = onRetry ?? (() => startTransition(() => router.refresh()));
  return (
    <div role="alert" className="flex gap-3 rounded-card border border-line bg-surface p-4">
      <span className="mt-0.5 text-bad">
        <Icon name="cross" />
      </span>
      <div className="min-w-0 flex-1">
        <p className="font-medium wrap-anywhere">{title}</p>
        <div className="mt-0.5 text-table text-ink-2">{children}</div>
      </div>
      <Button onClick={retry} disabled={isPending}>
        <Icon name="redo" />
        {isPending ? "Retrying" : "Retry"}
      </Button>
    </div>
  );
}
