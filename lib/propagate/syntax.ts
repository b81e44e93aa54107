/**
 * What the core of propagation knows of a program: statements in blocks, tokens, and bindings. A language
 * adapter builds it; nothing here is peculiar to a language.
 *
 *     Block(program)
 *     ├── Statement `import * as tf from …`
 *     └── Statement `function train(model) {…}`     head: the tokens outside its blocks
 *         └── Block(function, label "train")
 *             ├── Statement `const loss = step(model)`
 *             └── …
 */

/** A file's text; the extension of `path` decides the language. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** How a token takes part in names. `field`: a member, key, or label, which no scope resolves. */
export type TokenRole = 'name' | 'field' | 'literal' | 'word' | 'mark'

/** One token, comments excluded. Offsets are in UTF-16 code units of the whole text. */
export interface Token {
  readonly text: string
  readonly start: number
  readonly end: number
  role: TokenRole
  /** What a `name` is bound to; absent when the name is free (a global). */
  binding?: Binding
  /** A name that is key and value at once (`{ loss }`): a translation must write `loss: other`. */
  shorthand?: true
  /** What the name stands for is called here. */
  isCalled?: true
  /** Stands where only types do: not needed when the program runs. */
  isType?: true
  /** The name is assigned here. */
  isWrite?: true
  /** A member of what the name stands for is assigned here. */
  isChanged?: true
  /** The name is declared here. */
  isDeclaration?: true
}

/** What an imported name stands for: `imported` is `default`, `*` (the module itself), or the exported name. */
export interface ImportedName {
  readonly module: string
  readonly imported: string
}

/** When a binding has its value: from the start of its block (`hoisted`), or from its declaration on. */
export interface Binding {
  readonly index: number
  readonly name: string
  readonly kind: 'variable' | 'constant' | 'function' | 'class' | 'parameter' | 'import' | 'type'
  readonly isHoisted: boolean
  /** The block in whose scope the name lies. */
  readonly block: Block
  /** The innermost statement that declares it; absent for parameters of the program itself. */
  readonly declaredIn?: Statement
  /** Offset of the declaring identifier. */
  readonly start: number
  readonly imported?: ImportedName
  readonly references: Token[]
  /** Statements (innermost) that assign it after its declaration. */
  readonly writers: Set<Statement>
}

export type BlockKind =
  | 'program'
  | 'function'
  | 'callback'
  | 'loop'
  | 'branch'
  | 'guarded'
  | 'handler'
  | 'case'
  | 'members'
  | 'plain'

/** A list of statements. */
export interface Block {
  readonly index: number
  readonly kind: BlockKind
  /** What tells it from its siblings: a function's name, `catch`, a case's test. */
  readonly label: string
  readonly owner?: Statement
  readonly statements: Statement[]
  /** Where statements may lie: behind the opening brace and the directives, up to the closing brace. */
  readonly start: number
  readonly end: number
  /** A body without braces: it can hold a second statement only when braces are added. */
  readonly isBare: boolean
  /** Name of the flor loop whose iterations execute this block. */
  readonly loop?: string
  /** Whether the block is executed several times for one execution of its owner. */
  readonly repeats: boolean
  /** For a function's block: the binding that names the function. */
  names?: Binding
  /** Whether code in the block has a receiver of its own (`this`, `arguments`), as functions and classes give. */
  readonly hasReceiver: boolean
  /** Whether the block's code may wait (`await`). */
  readonly isAsync: boolean
  readonly depth: number
}

export interface Statement {
  /** Number in the order of the text, parents before children. */
  readonly index: number
  /** The adapter's word for its form, compared only for equality. */
  readonly kind: string
  readonly start: number
  readonly end: number
  /** Lines count from 1. */
  readonly line: number
  readonly endLine: number
  readonly block: Block
  readonly position: number
  readonly blocks: Block[]
  /** Range of all its tokens in the tree's tokens: first, and one past the last. */
  readonly firstToken: number
  readonly tokenEnd: number
  /** Tokens outside its blocks. */
  readonly head: Token[]
  /** Whether it waits (`await`), so that only code that may wait can hold it. */
  readonly waits: boolean
  /** Whether it reads what its function was called on or with (`this`, `super`, `arguments`), at any depth. */
  readonly usesReceiver: boolean
  /** Range of the first call in it that is no flor log: what executing it does, beside reading. */
  readonly work?: readonly [start: number, end: number]
  /** Names of the flor logs in its head. */
  readonly logNames: string[]
  readonly role: 'import' | 'function' | 'class' | 'member' | 'declaration' | 'jump' | 'plain'
  readonly declares: Binding[]
  /** Index of its last descendant, plus 1: descendants are `index + 1 … lastIndex - 1`. */
  readonly lastIndex: number
}

/** A comment, with the lines it covers. */
export interface Comment {
  readonly start: number
  readonly end: number
  readonly text: string
}

export interface SyntaxTree {
  readonly source: SourceFile
  readonly program: Block
  /** In the order of the text, parents before children. */
  readonly statements: readonly Statement[]
  readonly blocks: readonly Block[]
  readonly tokens: readonly Token[]
  readonly comments: readonly Comment[]
  readonly bindings: readonly Binding[]
  /** How the file names other modules, as the adapter understands it; `none` when it names none. */
  readonly modules: 'static' | 'dynamic' | 'none'
  /** Offset at which each line starts, first line first. */
  readonly lineStarts: readonly number[]
  /** The binding that `name` would have in `block`; undefined for a free name. */
  resolve(name: string, block: Block): Binding | undefined
}

/** The blocks around `block`, itself first, the program last. */
export function* enclosingBlocks(block: Block): Generator<Block> {
  let current: Block | undefined = block
  while (current) {
    yield current
    current = current.owner?.block
  }
}

/** Whether `inner` lies in `outer` at any depth, or is it. */
export function isInside(inner: Block, outer: Block): boolean {
  for (const block of enclosingBlocks(inner)) if (block === outer) return true
  return false
}

/** Line of an offset, from 1. */
export function lineAt(lineStarts: readonly number[], offset: number): number {
  let low = 0
  let high = lineStarts.length
  while (low < high - 1) {
    const middle = (low + high) >> 1
    if ((lineStarts[middle] ?? 0) <= offset) low = middle
    else high = middle
  }
  return low + 1
}

/** Offsets at which lines start; `\n`, `\r\n` and a lone `\r` end a line. */
export function findLineStarts(text: string): number[] {
  const starts = [0]
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 10 || (code === 13 && text.charCodeAt(i + 1) !== 10)) starts.push(i + 1)
  }
  return starts
}
