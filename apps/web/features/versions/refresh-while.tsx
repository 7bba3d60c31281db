"use client";
import { useRouter } from "next/navigation";
import { useEffect } from "react";

const everyMs = 1500;

/** Asks for the page again while it stands for something unfinished. */
export function RefreshWhile() {
  const router = useRouter();
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && router.refresh(), everyMs);
    return () => clearInterval(timer);
  }, [router]);
  return (
    <span className="sr-only" role="status">
      This page updates by itself.
    </span>
  );
}
