import type { TensorSource } from '../state/adapter.js'

/** Whether the tensors of a file are, by name and change token, the same as before; tensors without a token may have changed. */
export function unchangedTensors(
  before: ReadonlyMap<string, TensorSource>,
  now: ReadonlyMap<string, TensorSource>,
): boolean {
  if (before.size !== now.size) return false
  for (const [name, tensor] of now) {
    if (tensor.token === undefined || before.get(name)?.token !== tensor.token) return false
  }
  return true
}
