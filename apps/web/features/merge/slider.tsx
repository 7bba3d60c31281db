interface Props {
  label: string;
  value: number;
  low: number;
  high: number;
  colour: string;
  onChange: (value: number) => void;
  className?: string;
}

/** Filled from zero, so that a subtraction reads as one. */
export function Slider({ label, value, low, high, colour, onChange, className = "" }: Props) {
  const at = (v: number) => ((Math.min(high, Math.max(low, v)) - low) / (high - low)) * 100;
  const zero = at(0);
  const style = { "--c": colour, "--from": `${Math.min(zero, at(value))}%`, "--to": `${Math.max(zero, at(value))}%` };
  return (
    <input
      type="range"
      aria-label={label}
      min={low}
      max={high}
      step={0.01}
      value={value}
      onChange={(event) => onChange(Number(event.target.value))}
      style={style as React.CSSProperties}
      className={`slider keep-colour ${className}`}
    />
  );
}
