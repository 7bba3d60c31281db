/** Three strands, one line. */
export function Logo({ className = "size-[22px]" }: { className?: string }) {
  return (
    <svg
      width="22"
      height="22"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeLinecap="round"
      aria-hidden="true"
      className={className}
    >
      <path d="M2 5.2c7.4 0 6.6 6.2 12.2 6.2" strokeWidth="2.5" />
      <path d="M2 12.3h20" strokeWidth="3.4" />
      <path d="M2 19.2c7.4 0 6.6-5.8 12.2-5.8" strokeWidth="1.8" />
    </svg>
  );
}
