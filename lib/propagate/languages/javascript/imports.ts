import * as recast from 'recast'
import type { LocalImport } from '../../language.js'
import type { SyntaxTree } from '../../syntax.js'

const { builders } = recast.types

/**
 * One statement that imports `names` of a single module: `import …` in a file of static modules, `const … =
 * require(…)` in one of dynamic modules. Quotes and the final semicolon follow the file's own imports.
 */
export function formatImport(tree: SyntaxTree, names: readonly LocalImport[]): string {
  const module = names[0]?.module ?? ''
  const statement = tree.modules === 'dynamic' ? requireOf(module, names) : importOf(module, names)
  const quote = usesDoubleQuotes(tree) ? 'double' : 'single'
  const text = recast.print(statement, { quote }).code.replace(/\s+/g, ' ')
  return usesSemicolons(tree) ? text : text.replace(/;$/, '')
}

function importOf(module: string, names: readonly LocalImport[]) {
  const local = (name: LocalImport) => builders.identifier(name.local)
  const specifiers = names.map((name) => {
    if (name.imported === '*') return builders.importNamespaceSpecifier(local(name))
    if (name.imported === 'default') return builders.importDefaultSpecifier(local(name))
    return builders.importSpecifier(builders.identifier(name.imported), local(name))
  })
  return builders.importDeclaration(specifiers, builders.stringLiteral(module))
}

function requireOf(module: string, names: readonly LocalImport[]) {
  const call = builders.callExpression(builders.identifier('require'), [builders.stringLiteral(module)])
  const whole = names.find(({ imported }) => imported === '*' || imported === 'default')
  const pattern = whole
    ? builders.identifier(whole.local)
    : builders.objectPattern(
        names.map((name) => {
          const property = builders.property(
            'init',
            builders.identifier(name.imported),
            builders.identifier(name.local),
          )
          property.shorthand = name.imported === name.local
          return property
        }),
      )
  return builders.variableDeclaration('const', [builders.variableDeclarator(pattern, call)])
}

/** Whether most texts of the file stand in double quotes. */
export function usesDoubleQuotes(tree: SyntaxTree): boolean {
  let double = 0
  let single = 0
  for (const { role, text } of tree.tokens) {
    if (role !== 'literal') continue
    if (text.startsWith('"')) double++
    if (text.startsWith("'")) single++
  }
  return double > single
}

/** Whether the file ends its statements with semicolons, as its imports tell, or else its plain statements. */
export function usesSemicolons(tree: SyntaxTree): boolean {
  const imports = tree.program.statements.filter(({ role }) => role === 'import')
  const sample =
    imports.length > 0 ? imports : tree.program.statements.filter(({ blocks }) => blocks.length === 0)
  return sample.some(({ head }) => head.at(-1)?.text === ';')
}
