const paths = {
  search: '<circle cx="7" cy="7" r="4.2"/><path d="m10.2 10.2 3.3 3.3"/>',
  theme: '<circle cx="8" cy="8" r="5.5"/><path d="M8 2.5v11a5.5 5.5 0 0 0 0-11Z" fill="currentColor"/>',
  check: '<path d="m3.5 8.5 3 3 6-7"/>',
  warn: '<path d="M8 2.5 14.2 13H1.8L8 2.5Z"/><path d="M8 6.5v3M8 11.4v.1"/>',
  cross: '<path d="m4 4 8 8m0-8-8 8"/>',
  plus: '<path d="M8 3v10M3 8h10"/>',
  copy: '<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M10.5 5.5v-2a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h2"/>',
  download: '<path d="M8 2.5v7.5m0 0 3-3m-3 3-3-3M3 13h10"/>',
  link: '<path d="M6.5 9.5a2.5 2.5 0 0 0 3.6 0l2.2-2.2a2.5 2.5 0 0 0-3.6-3.6l-.8.8M9.5 6.5a2.5 2.5 0 0 0-3.6 0L3.7 8.7a2.5 2.5 0 0 0 3.6 3.6l.8-.8"/>',
  home: '<path d="M2.5 7.5 8 3l5.5 4.5V13h-4V9.5h-3V13h-4Z"/>',
  box: '<path d="M8 1.8 13.5 5v6L8 14.2 2.5 11V5Z"/><path d="M2.5 5 8 8.2 13.5 5M8 8.2v6"/>',
  board: '<path d="M3 13.5V9m5 4.5v-11m5 11V6.5"/>',
  merge: '<path d="M1.8 3.2c5 0 4.6 4.8 8.6 4.8M1.8 12.8c5 0 4.6-4.8 8.6-4.8M1.8 8h12.4"/>',
  run: '<circle cx="8" cy="8" r="5.5"/><path d="M6.8 5.8v4.4L10.2 8Z" fill="currentColor"/>',
  study: '<path d="M2.5 13c1.6 0 2-6.5 4-6.5S8.8 10 10 10s1.6-6.5 3.5-6.5"/><path d="M13.5 3.5v.1M6.5 6.5v.1"/>',
  chevron: '<path d="m4.5 6.5 3.5 3.5 3.5-3.5"/>',
  next: '<path d="m6.5 4.5 3.5 3.5-3.5 3.5"/>',
  previous: '<path d="M9.5 4.5 6 8l3.5 3.5"/>',
  stop: '<rect x="4" y="4" width="8" height="8" rx="1"/>',
  compare: '<path d="M5.5 3 2.5 6l3 3M2.5 6h8M10.5 7l3 3-3 3M13.5 10h-8"/>',
  redo: '<path d="M13 8a5 5 0 1 1-1.5-3.6M13 2.5v3h-3"/>',
  clock: '<circle cx="8" cy="8" r="5.5"/><path d="M8 5v3l2 1.5"/>',
  info: '<circle cx="8" cy="8" r="5.5"/><path d="M8 7.5v3M8 5.3v.1"/>',
  minus: '<path d="M3 8h10"/>',
  fit: '<path d="M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3"/>',
  up: '<path d="M8 13V6m0 0 3 3M8 6 5 9M3 3h10"/>',
} as const;

export type IconName = keyof typeof paths;

/** Decorative: the control around it carries the name. The markup is a constant of this file. */
export function Icon({ name, className = "size-4" }: { name: IconName; className?: string }) {
  return (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className={`flex-none ${className}`}
      // biome-ignore lint/security/noDangerouslySetInnerHtml: the paths above, no data
      dangerouslySetInnerHTML={{ __html: paths[name] }}
    />
  );
}
