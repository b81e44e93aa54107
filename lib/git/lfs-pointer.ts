/**
 * Pointer files of Git LFS (git-lfs, docs/spec.md): what lies in a tree in place of a large object.
 *
 *     version https://git-lfs.github.com/spec/v1
 *     oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
 *     size 12345
 */

/** An object of Git LFS: the SHA-256 of its content in hex, and its size. */
export interface LfsObject {
  readonly sha256: string
  readonly sizeBytes: number
}

/** The pointer file of an object, ending in a newline. */
export function formatPointer(object: LfsObject): string {
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${object.sha256}\nsize ${object.sizeBytes}\n`
}

/** Reads a pointer file; undefined for anything else. Keys of extensions are passed over. */
export function parsePointer(data: Uint8Array): LfsObject | undefined {
  if (data.length > 1024) return undefined
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()
  if (!text.startsWith('version https://git-lfs.github.com/spec/v1\n')) return undefined
  const sha256 = /^oid sha256:([0-9a-f]{64})$/m.exec(text)?.[1]
  const size = /^size (\d+)$/m.exec(text)?.[1]
  return sha256 === undefined || size === undefined ? undefined : { sha256, sizeBytes: Number(size) }
}
