/**
 * Where `value` lies between `low` (0) and `high` (1), for any two different finite numbers: also where their difference is more than a number can hold, and where
 * half of it is less.
 */
export function positionBetween(value: number, low: number, high: number): number {
  const span = high - low
  if (Number.isFinite(span)) return (value - low) / span
  return (value / 2 - low / 2) / (high / 2 - low / 2)
}
