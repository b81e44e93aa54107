/** As git abbreviates at least. */
const SHORTEST = 7

/** A function that abbreviates the given oids so that no two of them look alike: at least 7 digits, all of one length. */
export function abbreviator(oids: readonly string[]): (oid: string) => string {
  const sorted = [...new Set(oids)].sort()
  let length = SHORTEST
  for (let i = 1; i < sorted.length; i++) {
    const [a, b] = [sorted[i - 1] as string, sorted[i] as string]
    let common = 0
    while (common < a.length && a[common] === b[common]) common++
    length = Math.max(length, common + 1)
  }
  return (oid) => oid.slice(0, length)
}
