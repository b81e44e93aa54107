import type { Binding, Block, ImportedName, Statement, Token } from '../../syntax.js'

/** The names declared in one scope. Functions and their bodies share one; `block` is where its names count. */
export class Scope {
  readonly names = new Map<string, Binding>()

  constructor(
    readonly parent: Scope | undefined,
    readonly block: Block,
    /** Whether `var` declarations inside stop here. */
    readonly isFunction: boolean,
    /** The scopes of a switch's cases, which see each other's names. */
    private readonly cases: readonly Scope[] = [],
  ) {}

  find(name: string): Binding | undefined {
    for (let scope: Scope | undefined = this; scope; scope = scope.parent) {
      const found = scope.names.get(name)
      if (found) return found
      for (const one of scope.cases) {
        const other = one.names.get(name)
        if (other) return other
      }
    }
    return undefined
  }

  /** The scope that a `var` belongs to. */
  get functionScope(): Scope {
    let scope: Scope = this
    while (!scope.isFunction && scope.parent) scope = scope.parent
    return scope
  }
}

interface Reference {
  readonly token: Token
  readonly scope: Scope
  readonly statement: Statement | undefined
}

/** All bindings of a file while it is read: declarations first come as they are met, references are resolved at the end. */
export class BindingTable {
  readonly bindings: Binding[] = []
  private readonly references: Reference[] = []
  private readonly byScope = new Map<Block, Scope>()

  /** Makes `scope` the one in which names are looked up from `block`. */
  attach(block: Block, scope: Scope): void {
    this.byScope.set(block, scope)
  }

  /** `form` is the declaring word: a `var` goes to its function's scope. A second declaration of a name counts as a write. */
  declare(
    scope: Scope,
    token: Token,
    form: Binding['kind'] | 'var',
    statement: Statement | undefined,
    imported?: ImportedName,
  ): Binding {
    const target = form === 'var' ? scope.functionScope : scope
    const kind = form === 'var' ? 'variable' : form
    token.role = 'name'
    token.isDeclaration = true
    let binding = target.names.get(token.text)
    if (!binding) {
      binding = {
        index: this.bindings.length,
        name: token.text,
        kind,
        isHoisted: kind === 'function' || kind === 'import' || kind === 'type',
        block: target.block,
        start: token.start,
        references: [],
        writers: new Set(),
        ...(statement ? { declaredIn: statement } : {}),
        ...(imported ? { imported } : {}),
      }
      target.names.set(token.text, binding)
      this.bindings.push(binding)
    } else if (statement) binding.writers.add(statement)
    token.binding = binding
    binding.references.push(token)
    return binding
  }

  refer(scope: Scope, token: Token, statement: Statement | undefined): void {
    token.role = 'name'
    this.references.push({ token, scope, statement })
  }

  resolveAll(): void {
    for (const { token, scope, statement } of this.references) {
      const binding = scope.find(token.text)
      if (!binding) continue
      token.binding = binding
      binding.references.push(token)
      if (token.isWrite && statement) binding.writers.add(statement)
    }
    this.references.length = 0
  }

  lookUp(name: string, block: Block): Binding | undefined {
    for (let current: Block | undefined = block; current; current = current.owner?.block) {
      const scope = this.byScope.get(current)
      if (scope) return scope.find(name)
    }
    return undefined
  }
}
