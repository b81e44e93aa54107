import { posix } from 'node:path'

const extensions = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.jsx', '.tsx', '.json']
const anyExtension = /\.[cm]?[jt]sx?$/

/**
 * Files that a relative module's name can mean as seen from the file `from`, likeliest first: itself, the TypeScript source
 * of a compiled name, the name without its extension, a folder's index.
 */
export function moduleFiles(from: string, module: string): string[] {
  const path = posix.join(posix.dirname(from), module)
  return [
    path,
    path.replace(/\.([cm]?)js$/, '.$1ts'),
    path.replace(/\.jsx?$/, '.tsx'),
    ...extensions.flatMap((extension) => [path + extension, `${path}/index${extension}`]),
  ]
}

/**
 * The name under which the file `from` imports the file `to`, written in the way of `like`, another name of a module:
 * with or without its extension, TypeScript's source under its compiled name or its own.
 */
export function formatModule(from: string, to: string, like: string): string {
  const path = posix.relative(posix.dirname(from), to)
  const relative = path.startsWith('.') ? path : `./${path}`
  const extension = anyExtension.exec(like)?.[0]
  if (extension === undefined) return relative.replace(anyExtension, '').replace(/\/index$/, '')
  return /js/.test(extension) ? relative.replace(/\.([cm]?)tsx?$/, '.$1js') : relative
}
