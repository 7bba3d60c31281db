"use client";
import clsx from "clsx";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { Icon } from "../../components/icon.tsx";
import { isCurrent, places } from "./navigation.ts";

export function TopNav() {
  const path = usePathname();
  return (
    <nav aria-label="Main" className="flex gap-0.5 phone:hidden">
      {places.map((place) => (
        <Link
          key={place.href}
          href={place.href}
          aria-current={isCurrent(place, path) ? "page" : undefined}
          className={clsx(
            "rounded-[7px] px-2.5 py-[5px] text-table font-medium transition-colors hover:bg-hover",
            isCurrent(place, path) ? "bg-hover text-ink" : "text-ink-2",
          )}
        >
          {place.label}
        </Link>
      ))}
    </nav>
  );
}

export function BottomBar() {
  const path = usePathname();
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-30 grid h-[58px] grid-cols-6 border-line border-t bg-surface pb-0.5 desk:hidden"
    >
      {places.map((place) => (
        <Link
          key={place.href}
          href={place.href}
          aria-current={isCurrent(place, path) ? "page" : undefined}
          className={clsx(
            "flex flex-col items-center justify-center gap-[3px] text-axis font-medium",
            isCurrent(place, path) ? "text-ink" : "text-ink-3",
          )}
        >
          <Icon name={place.icon} className="size-5" />
          {place.short}
        </Link>
      ))}
    </nav>
  );
}
