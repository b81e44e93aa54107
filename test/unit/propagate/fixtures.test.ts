import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { findStatements, propagate, type SourceFile } from '../../../lib/propagate/propagate.js'

const folder = fileURLToPath(new URL('fixtures', import.meta.url))

/** A fixture: `new.*` logs `wanted`; `old.*` does not; `expected.*`, `refusal.txt` or `exists.txt` says what must come of it. */
function read(name: string, file: string): SourceFile | undefined {
  const found = readdirSync(join(folder, name)).find((entry) => entry.startsWith(`${file}.`))
  return found === undefined
    ? undefined
    : { path: found, text: readFileSync(join(folder, name, found), 'utf8') }
}

for (const name of readdirSync(folder)) {
  t.test(name.replaceAll('-', ' '), async (t) => {
    const newer = read(name, 'new') as SourceFile
    const older = read(name, 'old') as SourceFile
    const result = propagate(newer, findStatements(newer, { name: 'wanted' }), older)
    const expected = read(name, 'expected')
    const refusal = read(name, 'refusal')
    const exists = read(name, 'exists')
    if (expected) {
      if (result.status !== 'placed') {
        t.fail(`not placed: ${JSON.stringify({ ...result, explanation: undefined })}`)
        return
      }
      t.equal(result.text, expected.text)
      const again = propagate(newer, findStatements(newer, { name: 'wanted' }), {
        ...older,
        text: result.text,
      })
      t.equal(again.status, 'exists', 'a second time changes nothing')
    } else if (refusal) {
      t.equal(result.status === 'declined' ? result.reason : result.status, refusal.text.trim())
    } else {
      t.equal(result.status === 'exists' ? result.line : result.status, Number(exists?.text))
    }
  })
}
