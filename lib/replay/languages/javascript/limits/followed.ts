/**
 * What the walk over a program follows: the syntax, the names that the language and node give, and what of them is used. A program with anything
 * else in it may do things that the walk does not see.
 */

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** Kinds of syntax nodes; types of TypeScript are no code, and are not looked at. */
export const FOLLOWED_SYNTAX = words(`
  Program Directive DirectiveLiteral InterpreterDirective EmptyStatement BlockStatement ExpressionStatement
  VariableDeclaration VariableDeclarator FunctionDeclaration ClassDeclaration ReturnStatement IfStatement SwitchStatement SwitchCase
  ForStatement ForOfStatement ForInStatement WhileStatement DoWhileStatement BreakStatement ContinueStatement LabeledStatement
  ThrowStatement ImportDeclaration ImportSpecifier ImportDefaultSpecifier ImportNamespaceSpecifier ImportAttribute Import ImportExpression
  ExportNamedDeclaration ExportDefaultDeclaration ExportAllDeclaration ExportSpecifier
  Identifier ThisExpression Super StringLiteral NumericLiteral BooleanLiteral NullLiteral BigIntLiteral RegExpLiteral
  TemplateLiteral TemplateElement TaggedTemplateExpression ArrayExpression ObjectExpression ObjectProperty ObjectMethod SpreadElement
  FunctionExpression ArrowFunctionExpression ClassExpression ClassBody ClassMethod ClassProperty
  MemberExpression OptionalMemberExpression CallExpression OptionalCallExpression NewExpression AwaitExpression YieldExpression
  AssignmentExpression UpdateExpression UnaryExpression BinaryExpression LogicalExpression ConditionalExpression SequenceExpression
  ParenthesizedExpression ArrayPattern ObjectPattern AssignmentPattern RestElement MetaProperty
  TSAsExpression TSSatisfiesExpression TSNonNullExpression TSTypeAssertion TSInstantiationExpression TSParameterProperty
`)

/** What is followed of a global name: which of its members, and whether it may stand alone (be called, made anew, or asked about). */
export interface FollowedGlobal {
  readonly members: ReadonlySet<string>
  readonly isAlone: boolean
}

const global = (members: string, isAlone = false): FollowedGlobal => ({ members: words(members), isAlone })
const alone = global('', true)
const typedArray = global('from of BYTES_PER_ELEMENT', true)

/** Names that no file of a project declares. */
export const FOLLOWED_GLOBALS: ReadonlyMap<string, FollowedGlobal> = new Map([
  [
    'Math',
    global(`abs acos acosh asin asinh atan atan2 atanh cbrt ceil clz32 cos cosh exp expm1 floor fround hypot imul log log10 log1p
      log2 max min pow random round sign sin sinh sqrt tan tanh trunc E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2`),
  ],
  ['JSON', global('parse stringify')],
  ['console', global('log info warn error debug table group groupEnd time timeEnd timeLog')],
  ['Object', global('keys values entries assign freeze isFrozen fromEntries is hasOwn groupBy')],
  ['Array', global('from of isArray', true)],
  [
    'Number',
    global(
      `isFinite isInteger isNaN isSafeInteger parseFloat parseInt EPSILON MAX_SAFE_INTEGER MIN_SAFE_INTEGER MAX_VALUE MIN_VALUE
      POSITIVE_INFINITY NEGATIVE_INFINITY NaN`,
      true,
    ),
  ],
  ['String', global('fromCharCode fromCodePoint raw', true)],
  ['Boolean', alone],
  ['BigInt', global('asIntN asUintN', true)],
  ['Date', global('now parse UTC', true)],
  ['Promise', global('all allSettled resolve reject', true)],
  ...['Map', 'Set', 'WeakMap', 'WeakSet'].map((name) => [name, alone] as const),
  ...['Error', 'TypeError', 'RangeError', 'SyntaxError'].map((name) => [name, alone] as const),
  ...[
    'Float32Array',
    'Float64Array',
    'Int8Array',
    'Uint8Array',
    'Uint8ClampedArray',
    'Int16Array',
    'Uint16Array',
  ]
    .concat(['Int32Array', 'Uint32Array', 'BigInt64Array', 'BigUint64Array'])
    .map((name) => [name, typedArray] as const),
  ['Buffer', global('from alloc byteLength concat isBuffer')],
  ['performance', global('now timeOrigin')],
  [
    'process',
    global(
      'argv env exit exitCode stdout stderr cwd platform version versions arch hrtime uptime pid memoryUsage cpuUsage',
    ),
  ],
  ['URL', alone],
  ['module', global('exports')],
  ['exports', global('', true)],
  ['flor', global('', true)],
  ...`undefined NaN Infinity parseInt parseFloat isNaN isFinite structuredClone setTimeout setImmediate clearTimeout fetch require
    encodeURIComponent decodeURIComponent encodeURI decodeURI __dirname __filename`
    .split(/\s+/)
    .map((name) => [name, alone] as const),
])

/** Members by which an object reaches what it is made of, or a function is called under another guise. */
export const REFLECTIVE_MEMBERS = words(`
  prototype __proto__ constructor caller callee call bind buffer lastIndex searchParams
  __defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__
`)

/** Methods that the language or the runtime calls by itself. */
export const IMPLICIT_METHODS = words(
  'toJSON fromJSON save load toString toLocaleString valueOf then next return throw',
)

/** Modules of node of which everything used is followed; of others, nothing. */
export const FOLLOWED_NODE_MODULES = words(
  'path path/posix url perf_hooks assert assert/strict fs fs/promises crypto os process timers/promises zlib buffer module',
)

/** Functions of some of these modules; of those that are not listed here, all. */
export const FOLLOWED_NODE_FUNCTIONS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    'fs',
    words(
      'writeFileSync appendFileSync mkdirSync readFileSync readFile existsSync readdirSync readdir statSync stat promises access accessSync lstatSync lstat realpathSync',
    ),
  ],
  ['fs/promises', words('readFile readdir stat access lstat realpath')],
  ['timers/promises', words('setTimeout setImmediate')],
  ['perf_hooks', words('performance')],
  ['module', words('createRequire')],
  ['url', words('fileURLToPath pathToFileURL URL')],
  ['buffer', words('Buffer')],
])

/** Every name that node resolves to a module of its own. */
export const NODE_MODULES = words(`
  assert assert/strict async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain events fs fs/promises
  http http2 https inspector module net os path path/posix path/win32 perf_hooks process punycode querystring readline readline/promises repl stream
  stream/promises stream/web string_decoder sys test timers timers/promises tls tty url util util/types v8 vm wasi worker_threads zlib
`)
