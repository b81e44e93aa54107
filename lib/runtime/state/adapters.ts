import type { StateAdapter } from './adapter.js'
import { arrayAdapter, mapAdapter, setAdapter } from './containers.js'
import { objectAdapter } from './object.js'
import { jsonAdapter, saveLoadAdapter } from './own-methods.js'
import { tfModelAdapter } from './tfjs-model.js'
import { tfTensorAdapter, tfVariableAdapter } from './tfjs-tensor.js'
import { typedArrayAdapter } from './typed-array.js'

/** Every kind of state, in the order in which they are tried. The last one takes any object. */
const adapters: readonly StateAdapter[] = [
  typedArrayAdapter,
  arrayAdapter,
  tfVariableAdapter,
  tfTensorAdapter,
  tfModelAdapter,
  saveLoadAdapter,
  jsonAdapter,
  mapAdapter,
  setAdapter,
  objectAdapter,
]

export function adapterFor(value: object): StateAdapter {
  return adapters.find((adapter) => adapter.matches(value)) as StateAdapter
}

export function adapterOfKind(kind: string): StateAdapter | undefined {
  return adapters.find((adapter) => adapter.kind === kind)
}
