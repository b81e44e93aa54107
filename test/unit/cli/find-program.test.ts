import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { checkProgram } from '../../../lib/cli/child/find-program.js'
import { temporaryFolder } from '../../support/environment.js'

t.test(
  'a program is found as the system finds it, and what is none is named as a shell counts it',
  async (t) => {
    const folder = temporaryFolder(t)
    const later = temporaryFolder(t)
    writeFileSync(join(folder, 'tool'), '', { mode: 0o755 })
    writeFileSync(join(folder, 'text'), '', { mode: 0o644 })
    writeFileSync(join(folder, 'both'), '', { mode: 0o644 })
    writeFileSync(join(later, 'both'), '', { mode: 0o755 })
    mkdirSync(join(folder, 'folder'))
    const check = (name: string, path?: string) => () =>
      checkProgram(name, folder, path === undefined ? {} : { PATH: path })
    t.doesNotThrow(check('./tool'))
    t.doesNotThrow(check(join(folder, 'tool')))
    t.doesNotThrow(check('tool', `/nowhere:${folder}`))
    t.doesNotThrow(check('tool', '.'), 'a relative folder counts from where the command starts')
    t.doesNotThrow(check('both', `${folder}:${later}`), 'a later folder has one that can be executed')

    const missing = { code: 'COMMAND_NOT_FOUND' }
    t.throws(check('tool', '/nowhere'), { ...missing, message: 'cannot run tool: No such file or directory' })
    t.throws(check('./nothing'), missing)
    t.throws(check('./tool/x'), { ...missing, message: 'cannot run ./tool/x: Not a directory' })
    t.throws(check('folder', folder), missing, 'a folder in PATH is no program')
    t.throws(check(''), missing)

    const refused = { code: 'COMMAND_NOT_EXECUTABLE', data: { reason: 'EACCES' } }
    t.throws(check('./text'), { ...refused, message: 'cannot run ./text: Permission denied' })
    t.throws(check('text', folder), refused)
    t.throws(check('./folder'), {
      code: 'COMMAND_NOT_EXECUTABLE',
      message: 'cannot run ./folder: Is a directory',
    })
  },
)
