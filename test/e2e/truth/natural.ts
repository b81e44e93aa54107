import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import typescript from 'typescript'
import type { ReplayLevel } from '../../../lib/model/run.js'
import { analyseStatement } from '../../../lib/replay/analyse.js'
import { type LevelChoice, soundLevel } from '../../../lib/replay/level.js'

const fixtures = fileURLToPath(new URL('fixtures/natural/', import.meta.url))

/**
 * A whole training as developers write them, with everything that matters given to checkpointing. Its folder has the script `train.js` or `train.ts` and what
 * that imports. Where values are wanted, a line says `//? <name> <level>: <expression>`.
 */
export interface NaturalTraining {
  readonly title: string
  readonly script: 'train.js' | 'train.ts'
  /** As they were trained, without these lines; and with a statement for each. */
  readonly before: Readonly<Record<string, string>>
  readonly wanted: Readonly<Record<string, string>>
  /** The level at which each name must be had. */
  readonly levels: Readonly<Record<string, ReplayLevel>>
  /** Of the main loop, which every script enters last; `fit` has one, too. */
  readonly loop: string
}

const WANT = /^( *)\/\/\? (\w+) (\w+): (.*)\n/gm

/** Every training, by title. */
export function naturalTrainings(): NaturalTraining[] {
  return readdirSync(fixtures).sort().map(read)
}

function read(title: string): NaturalTraining {
  const sources: Record<string, string> = {}
  for (const path of readdirSync(fixtures + title))
    sources[path] = readFileSync(`${fixtures}${title}/${path}`, 'utf8')
  const script = 'train.ts' in sources ? 'train.ts' : 'train.js'
  const text = sources[script] as string
  const levels = [...text.matchAll(WANT)].map(([, , name, level]) => [name, level] as const)
  return {
    title,
    script,
    before: { ...sources, [script]: text.replace(WANT, '') },
    wanted: { ...sources, [script]: text.replace(WANT, "$1flor.log('$2', $4)\n") },
    levels: Object.fromEntries(levels) as Record<string, ReplayLevel>,
    loop: /checkpointing[\s\S]*?flor\.loop\('(\w+)'/.exec(text)?.[1] ?? 'epoch',
  }
}

/** The level that a statement is found to need, and why. */
export function levelOf({ script, wanted }: NaturalTraining, name: string): LevelChoice {
  const text = wanted[script] as string
  const start = text.indexOf(`flor.log('${name}'`)
  const range = { path: script, start, end: text.indexOf('\n', start) }
  const analysis = analyseStatement({ read: (path) => wanted[path], script }, range)
  if (analysis.irreproducible !== undefined)
    return { level: 'full', reason: `refused: ${analysis.irreproducible}` }
  return soundLevel(analysis.position, analysis)
}

/** The same training in JavaScript, which every node executes. */
export function inJavaScript(training: NaturalTraining): NaturalTraining {
  if (training.script === 'train.js') return training
  const compile = (files: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(files).map(([path, text]) => [
        path.replace(/\.ts$/, '.js'),
        path.endsWith('.ts') ? compiled(text) : text,
      ]),
    )
  return {
    ...training,
    script: 'train.js',
    before: compile(training.before),
    wanted: compile(training.wanted),
  }
}

function compiled(text: string): string {
  const { ESNext } = typescript.ModuleKind
  return typescript.transpileModule(text, {
    compilerOptions: { target: typescript.ScriptTarget.ES2022, module: ESNext },
  }).outputText
}
