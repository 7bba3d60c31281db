"use client";
import { useEffect, useState } from "react";
import { ago } from "../lib/format.ts";

/** "6 min ago", kept true while the page is open; the exact time in the tooltip. */
export function TimeAgo({ iso }: { iso: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={iso} title={iso} suppressHydrationWarning>
      {ago(iso, now)}
    </time>
  );
}
