/**
 * Gives equal sequences of integers equal numbers, counted from 0 in the order of their first appearance. A hash
 * table over one typed array: the sequences of a file are many and short, and as strings they were most of the work.
 */
export class SequenceInterner {
  /** Number of a sequence plus 1, at the place of its hash or behind; 0 where the place is free. */
  private table = new Int32Array(1 << 12)
  private hashes = new Int32Array(1 << 11)
  /** Where each sequence starts in `pool`; the next one's start is its end. */
  private starts = new Int32Array((1 << 11) + 1)
  private pool = new Int32Array(1 << 14)
  private count = 0

  /** The number of the sequence `values[from … to - 1]`, which is copied when it is new. */
  id(values: ArrayLike<number>, from: number, to: number): number {
    let hash = to - from
    for (let i = from; i < to; i++) {
      hash = Math.imul(hash ^ (values[i] as number), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    const mask = this.table.length - 1
    let place = hash & mask
    for (;;) {
      const id = (this.table[place] as number) - 1
      if (id < 0) break
      if (this.hashes[id] === hash && this.isSame(id, values, from, to)) return id
      place = (place + 1) & mask
    }
    const id = this.count++
    this.table[place] = id + 1
    this.append(id, hash, values, from, to)
    return id
  }

  private isSame(id: number, values: ArrayLike<number>, from: number, to: number): boolean {
    const start = this.starts[id] as number
    if ((this.starts[id + 1] as number) - start !== to - from) return false
    for (let i = from; i < to; i++) if (this.pool[start + i - from] !== values[i]) return false
    return true
  }

  private append(id: number, hash: number, values: ArrayLike<number>, from: number, to: number): void {
    const start = this.starts[id] as number
    const end = start + to - from
    if (end > this.pool.length) this.pool = grow(this.pool, Math.max(end, 2 * this.pool.length))
    for (let i = from; i < to; i++) this.pool[start + i - from] = values[i] as number
    this.starts[id + 1] = end
    this.hashes[id] = hash
    if (this.count < this.hashes.length) return
    this.hashes = grow(this.hashes, 2 * this.hashes.length)
    this.starts = grow(this.starts, this.hashes.length + 1)
    this.rehash()
  }

  private rehash(): void {
    this.table = new Int32Array(2 * this.table.length)
    const mask = this.table.length - 1
    for (let id = 0; id < this.count; id++) {
      let place = (this.hashes[id] as number) & mask
      while (this.table[place] !== 0) place = (place + 1) & mask
      this.table[place] = id + 1
    }
  }
}

function grow(values: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(length)
  longer.set(values)
  return longer
}
