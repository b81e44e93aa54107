import type { SourceProject, StatementRange } from '../../../lib/replay/source-project.js'

/**
 * A project from texts, with the wanted statement between `/*<*\/` and `/*>*\/` in one of them. The first file is the script.
 */
export function markedProject(files: Readonly<Record<string, string>>): {
  project: SourceProject
  statement: StatementRange
} {
  const script = Object.keys(files)[0] as string
  for (const [path, text] of Object.entries(files)) {
    const open = text.indexOf('/*<*/')
    const close = text.indexOf('/*>*/')
    if (open < 0) continue
    const inner = text.slice(open + 5, close)
    const start = open + 5 + (inner.length - inner.trimStart().length)
    const statement = { path, start, end: start + inner.trim().length }
    return { project: { read: (name) => files[name], script }, statement }
  }
  throw new TypeError('no statement is marked')
}

export const imports = `
import * as tf from '@tensorflow/tfjs-core'
import * as flor from 'git-flor'
`
