import type { LanguageAdapter } from '../../language.js'
import { buildTree } from './build.js'
import { exportsOf } from './exports.js'
import { readExpression } from './expression.js'
import { isGlobal } from './globals.js'
import { formatImport } from './imports.js'
import { formatLog } from './log-form.js'
import { formatModule, moduleFiles } from './module-files.js'

/** JavaScript and TypeScript, modules and scripts, with JSX, Flow types and decorators. */
export const javascript: LanguageAdapter = {
  name: 'javascript',
  extensions: ['.js', '.mjs', '.cjs', '.jsx', '.ts', '.mts', '.cts', '.tsx'],
  parse: buildTree,
  formatImport,
  formatShorthand: (key, name) => `${key}: ${name}`,
  terminator: ';',
  braces: ['{', '}'],
  isRelative: (module) => /^\.{0,2}\//.test(module),
  moduleFiles,
  formatModule,
  exportsOf,
  readExpression,
  formatLog,
  isGlobal,
  frameworkLoops: [
    { loop: 'epoch', module: 'git-flor/tfjs', callback: 'onEpochEnd' },
    { loop: 'batch', module: 'git-flor/tfjs', callback: 'onBatchEnd' },
  ],
}
