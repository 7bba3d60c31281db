import type { IconName } from "../../components/icon.tsx";

export interface Place {
  href: string;
  label: string;
  /** For the bottom bar, where space is short. */
  short: string;
  icon: IconName;
  /** `g` then this key. */
  key: string;
}

export const places: readonly Place[] = [
  { href: "/", label: "Home", short: "Home", icon: "home", key: "h" },
  { href: "/models", label: "Models", short: "Models", icon: "box", key: "m" },
  { href: "/merge", label: "Merge", short: "Merge", icon: "merge", key: "w" },
  { href: "/studies", label: "Studies", short: "Studies", icon: "study", key: "s" },
  { href: "/runs", label: "Runs", short: "Runs", icon: "run", key: "r" },
  { href: "/leaderboards", label: "Leaderboards", short: "Boards", icon: "board", key: "l" },
];

export function isCurrent(place: Place, path: string): boolean {
  return place.href === "/" ? path === "/" : path === place.href || path.startsWith(`${place.href}/`);
}
