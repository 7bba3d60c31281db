export function ProgressBar({ value, label, className = "" }: { value: number; label: string; className?: string }) {
  const share = Math.max(0, Math.min(1, value));
  return (
    <span
      role="progressbar"
      aria-label={label}
      aria-valuenow={Math.round(share * 100)}
      aria-valuemin={0}
      aria-valuemax={100}
      className={`block h-1 overflow-hidden rounded-full bg-line ${className}`}
    >
      <i
        className="block h-full rounded-full bg-ink transition-[width] duration-500 ease-linear"
        style={{ width: `${share * 100}%` }}
      />
    </span>
  );
}
