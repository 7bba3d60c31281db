"use client";
import { type RefObject, useEffect, useRef, useState } from "react";

/** The width that a chart has; `assumed` until it was measured, so that the server can draw it. */
export function useWidth<E extends HTMLElement = HTMLDivElement>(assumed: number): { ref: RefObject<E | null>; width: number } {
  const ref = useRef<E>(null);
  const [width, setWidth] = useState(assumed);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new ResizeObserver(
      ([entry]) => entry && entry.contentRect.width > 0 && setWidth(Math.round(entry.contentRect.width)),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}
