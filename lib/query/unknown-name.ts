import { FlorError } from '../model/errors.js'
import { AGGREGATES, type Aggregate, type Expression, formatUse, type NameUse } from './expression.js'
import { misreadName, quotesHint } from './misread-name.js'
import { nearestNames } from './suggest.js'

/** For a name that no run knows, of a predicate perhaps: NAME_NOT_FOUND (data: name, candidates, hint). */
export function nameNotFound(name: string, known: readonly string[], where?: Expression): FlorError {
  const misread = where && misreadName(where, known)
  const hint = misread === undefined ? (callHint(name, known) ?? textHint(name, where)) : quotesHint(misread)
  return new FlorError(`no run has logged ${JSON.stringify(name)}`, {
    code: 'NAME_NOT_FOUND',
    data: { name, candidates: nearestNames(name, known), ...(hint !== undefined && { hint }) },
  })
}

/** For `optimizer = sgd`: a word on the right of a comparison was meant as text, most likely. */
function textHint(name: string, where: Expression | undefined): string | undefined {
  if (where?.kind !== 'binary') return undefined
  const { left, operator, right } = where
  if (/^(?:and|or)$/.test(operator)) return textHint(name, left) ?? textHint(name, right)
  const isMeant =
    /^!?=$/.test(operator) && left.kind === 'name' && right.kind === 'name' && right.name === name
  return isMeant ? `texts stand in single quotes: ${left.name} ${operator} '${name}'` : undefined
}

/** For `maxx(loss)`, which is a name as it stands: what function may have been meant. */
function callHint(text: string, known: readonly string[]): string | undefined {
  const [, word, name] = /^(\w+)\s*\(\s*(.+?)\s*\)$/.exec(text) ?? []
  if (word === undefined || name === undefined) return undefined
  const aggregate = nearestAggregate(word)
  const of = known.includes(name) ? name : (nearestNames(name, known)[0] ?? name)
  return aggregate === undefined
    ? `functions: ${AGGREGATES.join(', ')}`
    : `did you mean ${formatUse({ name: of, aggregate })}?`
}

/** What people call aggregates elsewhere. */
const SYNONYMS: ReadonlyMap<string, Aggregate> = new Map([
  ['avg', 'mean'],
  ['average', 'mean'],
  ['median', 'p50'],
  ['minimum', 'min'],
  ['maximum', 'max'],
  ['final', 'last'],
])

/** The aggregate that a word was meant for, as far as can be told. */
export function nearestAggregate(word: string): Aggregate | undefined {
  const lower = word.toLowerCase()
  return SYNONYMS.get(lower) ?? (nearestNames(lower, AGGREGATES)[0] as Aggregate | undefined)
}

/** For `mean(loss) by lr`: NAME_NOT_FOUND (data: name, candidates, hint). */
export function notALoop(name: string, loops: readonly string[]): FlorError {
  const message = `${JSON.stringify(name)} is not a loop: aggregates are made for each run, or by the iterations of a loop`
  const candidates = nearestNames(name, loops)
  const hint =
    loops.length === 0 ? 'nothing was logged inside a loop' : `loops: ${loops.slice(0, 8).join(', ')}`
  return new FlorError(message, { code: 'NAME_NOT_FOUND', data: { name, candidates, hint } })
}

/** For `max(epoch)`: UNSUPPORTED (data: name, hint). */
export function aggregateOfLoop(text: string, loop: string): FlorError {
  return new FlorError(
    `${text} goes over nothing: ${JSON.stringify(loop)} is a loop, and no run has logged it`,
    {
      code: 'UNSUPPORTED',
      data: {
        name: loop,
        hint: `aggregates go over values that were logged: git flor log 'last(loss) by ${loop}'`,
      },
    },
  )
}

/** For `max(acc) by step` where `acc` was logged around the steps: UNSUPPORTED (data: name, hint). */
export function outsideOfLoop(use: NameUse, by: string, around: readonly string[]): FlorError {
  const { name } = use
  const where = around.length === 0 ? 'once for each run' : `in ${around.slice(0, 8).join(', ')}`
  return new FlorError(
    `${formatUse(use)} goes over nothing: no run has ${JSON.stringify(name)} inside of ${by}`,
    {
      code: 'UNSUPPORTED',
      data: { name, hint: `${name} is there ${where}` },
    },
  )
}
