/**
 * What code outside the project is known to do. Anything not listed may change its receiver and its arguments: calls of
 * it can only ever make a verdict more careful.
 */
export interface Effect {
  /** Whether the object that the method is called on changes. */
  readonly receiver: 'kept' | 'changed' | 'maybe'
  /** Which arguments change: none, the first, maybe any, or the tensor variables that they reach. */
  readonly args: 'kept' | 'first' | 'maybe' | 'variables'
  /** When functions given as arguments are called: during the call, or at any time from then on. */
  readonly callbacks: 'now' | 'anytime'
  /**
   * `value`: a number, text, or so; `tensor`: immutable; `copy`: of an array, a new one with elements of it; `element`: of an array,
   * one of its elements; `made`: a new object holding receiver's and arguments' parts; `any`: maybe one of them itself.
   */
  readonly result: 'value' | 'tensor' | 'copy' | 'element' | 'made' | 'any'
  /** Whether a changed receiver holds the arguments from then on. */
  readonly keepsArgs?: boolean
}

const pureValue: Effect = { receiver: 'kept', args: 'kept', callbacks: 'now', result: 'value' }
const pure: Effect = { ...pureValue, result: 'made' }
const pureAny: Effect = { ...pureValue, result: 'any' }
const pureTensor: Effect = { ...pureValue, result: 'tensor' }
const changing: Effect = { receiver: 'changed', args: 'kept', callbacks: 'now', result: 'any' }
const holding: Effect = { ...changing, keepsArgs: true }
const training: Effect = { receiver: 'changed', args: 'variables', callbacks: 'now', result: 'any' }
export const unknownEffect: Effect = { receiver: 'maybe', args: 'maybe', callbacks: 'anytime', result: 'any' }
/** Of objects of TensorFlow.js: they may change themselves, not what they are given. */
const libraryEffect: Effect = { receiver: 'maybe', args: 'kept', callbacks: 'now', result: 'any' }
const unknownLibraryEffect: Effect = { ...libraryEffect }

/** Whether an effect is that of something that is on the lists here. */
export function isKnownEffect(effect: Effect): boolean {
  return effect !== unknownEffect && effect !== unknownLibraryEffect
}

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** Methods that read, whatever they are called on. Their callbacks are called before they return. */
const readingMethods = words(`
  map filter reduce reduceRight forEach some every find findIndex findLast findLastIndex flatMap flat slice concat
  join includes indexOf lastIndexOf at keys values entries get has subarray toSorted toReversed toSpliced with
  toString toFixed toPrecision toExponential toLocaleString toISOString toJSON getTime valueOf charAt charCodeAt codePointAt split trim
  trimEnd trimStart replace replaceAll startsWith endsWith padStart padEnd toUpperCase toLowerCase match matchAll
  test substring substr repeat normalize localeCompare hasOwnProperty isPrototypeOf then catch finally
  dataSync data arraySync array bufferSync print getWeights predict predictOnBatch evaluate evaluateDataset summary
  countParams getConfig getLayer getClassName
`)

const valueMethods = words(`
  some every findIndex findLastIndex join includes indexOf lastIndexOf has toString toFixed toPrecision toExponential
  toLocaleString toISOString getTime charAt charCodeAt codePointAt trim trimEnd trimStart replace replaceAll startsWith endsWith padStart
  padEnd toUpperCase toLowerCase test substring substr repeat normalize localeCompare hasOwnProperty print countParams
`)

const copyingMethods = words('map filter slice flat flatMap toSorted toReversed toSpliced with concat')

const elementMethods = words('find findLast at get reduce reduceRight')

const changingMethods = words('pop shift sort reverse copyWithin delete clear assign setWeights dispose next')

const holdingMethods = words('push unshift splice fill set add append compile')

const trainingMethods = words('fit fitDataset trainOnBatch minimize applyGradients')

/** Of layers, models, optimizers and data sets. */
const libraryMethods = words(`
  apply call build dispose computeGradients setLearningRate executeAsync execute batch prefetch take skip repeat shuffle zip
  forEachAsync toArray iterator rowMajorBatch columnMajorBatch concatenate setModel
  onTrainBegin onTrainEnd onEpochBegin onEpochEnd onBatchBegin onBatchEnd
`)

/** Functions of TensorFlow.js that make tensors of tensors, and methods of tensors. */
const tensorOperations = words(`
  abs acos acosh add addN all any argMax argMin asFlat asScalar as1D as2D as3D as4D as5D asType asin asinh atan atan2 atanh avgPool avgPool3d
  basicLSTMCell batchNorm batchNorm2d batchNorm3d batchNorm4d batchToSpaceND bincount bitwiseAnd booleanMaskAsync broadcastArgs broadcastTo cast
  ceil clipByValue clone complex concat concat1d concat2d concat3d concat4d conv1d conv2d conv2dTranspose conv3d conv3dTranspose cos cosh
  cosineWindow cumprod cumsum denseBincount depthToSpace depthwiseConv2d diag dilation2d div divNoNan dot dropout einsum elu ensureShape equal erf
  euclideanNorm exp expandDims expm1 eye fft fill flatten floor floorDiv gather gatherND greater greaterEqual ifft imag inTopKAsync irfft isFinite isInf
  isNaN leakyRelu less lessEqual linspace localResponseNormalization log log1p logSigmoid logSoftmax logSumExp logicalAnd logicalNot logicalOr
  logicalXor lowerBound matMul max maxPool maxPool3d maxPoolWithArgmax maximum mean meshgrid min minimum mirrorPad mod moments movingAverage mul
  multiRNNCell multinomial neg norm notEqual oneHot ones onesLike outerProduct pad pad1d pad2d pad3d pad4d pool pow prelu prod rand randomGamma
  randomNormal randomStandardNormal randomUniform randomUniformInt range real reciprocal relu relu6 reshape reshapeAs resizeBilinear
  resizeNearestNeighbor reverse reverse1d reverse2d reverse3d reverse4d rfft round rsqrt scalar scatterND searchSorted selu separableConv2d setdiff1dAsync
  sigmoid sign sin sinh slice slice1d slice2d slice3d slice4d softmax softplus spaceToBatchND sparseToDense split sqrt square squaredDifference
  squeeze stack step stridedSlice sub sum tan tanh tensor tensor1d tensor2d tensor3d tensor4d tensor5d tensor6d tensorScatterUpdate tile toBool toFloat
  toInt topk transpose truncatedNormal unique unsortedSegmentSum unstack upperBound where whereAsync zeros zerosLike
`)

/** Whether a name is that of such a function or method. */
export function isTensorOperation(name: string): boolean {
  return tensorOperations.has(name)
}

/** Its namespaces of such functions. */
const tensorNamespaces = words('losses linalg image spectral signal sparse string math fused metrics')

/** What a method is called on: tensors only, things that TensorFlow.js made, or anything. */
export type ReceiverKind = 'tensor' | 'tensor-library' | 'any'

/** What a call of the method does. */
export function methodEffect(name: string, on: ReceiverKind): Effect {
  const onTensor = on === 'tensor'
  if (onTensor && !['assign', 'dispose'].includes(name)) {
    return /^(dataSync|data|arraySync|array|buffer|bufferSync)$/.test(name) ? pure : pureTensor
  }
  if (valueMethods.has(name)) return pureValue
  if (copyingMethods.has(name)) return { ...pureValue, result: 'copy' }
  if (elementMethods.has(name)) return { ...pureValue, result: 'element' }
  // `promise.then(…)` gives what its callback gave, `subarray` shares memory: no new objects.
  if (readingMethods.has(name)) return pureAny
  if (changingMethods.has(name)) return changing
  if (holdingMethods.has(name)) return holding
  if (trainingMethods.has(name)) return training
  if (on !== 'tensor-library') return unknownEffect
  if (tensorOperations.has(name) || name === 'read') return pureAny
  return libraryMethods.has(name) || tensorOperations.has(name) ? libraryEffect : unknownLibraryEffect
}

const knownGlobals = words(`
  Math console JSON Object Array Number String Boolean BigInt Symbol Date Map Set WeakMap WeakSet Promise Error TypeError RangeError
  SyntaxError RegExp Float32Array Float64Array Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array
  Int32Array Uint32Array BigInt64Array BigUint64Array ArrayBuffer SharedArrayBuffer DataView Intl URL URLSearchParams
  TextEncoder TextDecoder Buffer parseInt parseFloat isNaN isFinite structuredClone performance process
  encodeURIComponent decodeURIComponent encodeURI decodeURI WeakRef AbortController atob btoa setTimeout setImmediate clearTimeout fetch
`)

const readingModules = words(`
  path url os util crypto perf_hooks assert zlib string_decoder querystring v8 process buffer timers timers/promises
`)

/** What a call of a function of a known package or global does, by its path (`Math.max`, `node:fs:readFileSync`). */
export function functionEffect(path: string): Effect {
  const [head = '', ...rest] = path.split(/[.:]/)
  if (path.includes(':')) return moduleFunctionEffect(path)
  if (!knownGlobals.has(head)) return unknownEffect
  const name = rest.join('.')
  if (
    /^(Object\.(assign|freeze|seal|preventExtensions|definePropert(y|ies)|setPrototypeOf)|Reflect\.(set|deleteProperty|defineProperty))$/.test(
      path,
    )
  ) {
    return { ...pureAny, args: 'first' }
  }
  if (/^(?:process\.(?:on|once)|setTimeout|setImmediate)$/.test(path))
    return { ...pureAny, callbacks: 'anytime' }
  // `process.argv.push(…)`, under whatever name: a list like any other, but one that belongs to node.
  if (/^process\.(?:argv|execArgv|env)\./.test(path)) {
    const method = methodEffect(rest.at(-1) ?? '', 'any')
    return method.receiver === 'kept' ? method : unknownEffect
  }
  if (
    /^(Math|console|Number|String|Boolean|BigInt|parseInt|parseFloat|isNaN|isFinite|performance|process|Intl)$/.test(
      head,
    )
  ) {
    return pureValue
  }
  if (path === 'JSON.stringify' || path === 'Object.is' || path === 'Array.isArray') return pureValue
  if (/^(?:from|of)$/.test(name) && /Array$/.test(head)) return pure
  // Views share the memory of what they are made of.
  if (/^(Big)?(Int|Uint|Float)\d+(Clamped)?Array$|^DataView$|^Buffer$/.test(head)) return pureAny
  if (head === 'Promise' || path.startsWith('Object.') || name === 'from') return pureAny
  return pure
}

function moduleFunctionEffect(path: string): Effect {
  const match = /^(?:node:)?(.*?):(.*)$/.exec(path)
  const [, module = '', name = ''] = match ?? []
  if (/^@tensorflow\/tfjs-data$/.test(module)) return pure
  if (isTensorLibrary(module)) return tensorFunctionEffect(name)
  if (/^fs(\/promises)?$/.test(module)) {
    const writes =
      /^(promises\.)?(write|append|mkdir|rm|unlink|rename|copy|cp|truncate|createWrite|chmod|utimes|symlink|link)/
    return writes.test(name) ? { ...pure, receiver: 'changed' } : pure
  }
  const isText =
    module === 'url'
      ? /^(?:default\.)?(?:fileURLToPath|format|resolve)$/.test(name)
      : /^path(?:\/posix)?$/.test(module)
  if (isText && !/parse$/.test(name)) return pureValue
  return readingModules.has(module) ? pureAny : unknownEffect
}

/** Whether a function draws random numbers, and so leaves the generator in another state. */
export function drawsRandom(path: string): boolean {
  const [, module, name = path] = /^(?:node:)?(.*?):(.*)$/.exec(path) ?? []
  if (module === undefined) return path === 'Math.random'
  return (
    isTensorLibrary(module) &&
    /(^|\.)(rand|random\w*|truncatedNormal|multinomial|dropout|shuffle\w*)$/.test(name)
  )
}

/** Whether a package is TensorFlow.js or a part of it. */
export function isTensorLibrary(module: string): boolean {
  return /^@tensorflow\/tfjs(-|$|\/)/.test(module)
}

function tensorFunctionEffect(name: string): Effect {
  if (/(^|\.)shuffle(Combo)?$/.test(name)) return { ...pureAny, args: 'first' }
  if (name === 'dispose' || name === 'disposeVariables') return { ...pureValue, args: 'maybe' }
  if (/^(tidy|keep)$/.test(name)) return pureAny
  if (/^(grads?|valueAndGrads?|customGrad)$/.test(name)) return { ...pure, callbacks: 'anytime' }
  if (/(^|\.)[A-Z]\w*$/.test(name)) return { ...pure, callbacks: 'anytime' }
  if (
    /^(variable|variableGrads|sequential|model|input|buffer|load\w*Model|Sequential|LayersModel)$/.test(name)
  )
    return pure
  if (/^(layers|train|data|initializers|regularizers|constraints|callbacks|models|metrics)\./.test(name))
    return pure
  if (
    /^(util\.(?!now|fetch)\w+|ready|setBackend|getBackend|nextFrame|enableProdMode|browser\.fromPixels)$/.test(
      name,
    )
  ) {
    return pure
  }
  const [head = '', member] = name.split('.')
  const isOperation = member === undefined ? tensorOperations.has(head) : tensorNamespaces.has(head)
  return isOperation ? pureTensor : unknownEffect
}

const givenMembers =
  /^(?:performance\.(?:timeOrigin|nodeTiming.*|memory.*)|navigator\..+|process\.(?:pid|ppid|stdin|report|resourceUsage|execPath|argv0|\*|env\..+))$/
const givenFunctions =
  /^(?:Date\.now|performance\.(?!timerify)\w+|fetch|process\.(?:hrtime(?:\.bigint)?|uptime|memoryUsage(?:\.rss)?|cpuUsage|resourceUsage|availableMemory|constrainedMemory|loadavg|umask|getActiveResourcesInfo|get[eg]?[ug]id|getgroups))$/
/** Questions that the files around answer: a replay has those of the commit, and no others. */
const fileQueries =
  /^fs(?:\/promises)?\.(?:(?:default|promises)\.)?(?:exists|access|l?stat|statfs|readdir|opendir|glob|realpath|readlink|watch|watchFile)(?:Sync)?(?:\.native)?$/
const fileReads =
  /^fs(?:\/promises)?\.(?:(?:default|promises)\.)?(?:readFile|open|read|createReadStream|openAsBlob|copyFile|cp)(?:Sync)?$/
/** Modules that ask other processes, machines or people. */
const otherMachines =
  /^(?:child_process|worker_threads|cluster|https?|http2|net|tls|dns|dns\/promises|dgram|tty|v8|inspector)\.[^.]/

/**
 * Whether the machine gives what a path names, so that it is something else each time: a clock, true randomness, the network. A call without arguments
 * is told by `args`.
 */
export function isGivenByMachine(path: string, args?: number): boolean {
  const name = nameOfPath(path)
  if (/^(?:node:)?os:./.test(path)) return true
  if (/^(?:(?:node:)?crypto:|crypto\.)/.test(path) || name.startsWith('crypto.'))
    return /(?:random|getRandomValues|generateKey)/.test(path)
  if (args === undefined) return givenMembers.test(name)
  return (
    givenFunctions.test(name) ||
    (name === 'Date' && args === 0) ||
    isSettingOfMachine(name) ||
    isPlace(name) ||
    /^tf\.util\.now$|:util\.now$/.test(path)
  )
}

/** What lasts while a run lasts, and shows in all that depends on it: a variable of the environment, which files there are, what other processes say. */
export function isSettingOfMachine(name: string): boolean {
  return name.startsWith('process.env') || isFileQuery(name) || otherMachines.test(name)
}

/** Whether a value tells where the script is executed. */
export function isPlace(name: string): boolean {
  return /^(?:import\.meta\.(?:url|dirname|filename)|process\.cwd|__dirname|__filename|path(?:\/posix)?\.(?:resolve|relative))$/.test(
    name,
  )
}

/** Whether a value is told by which files there are. */
export function isFileQuery(name: string): boolean {
  return name === MISSING_FILE || fileQueries.test(name)
}

/** What is read where it is not told whether a file, or a module of the project, was there. */
export const MISSING_FILE = 'a file that may be missing'

/** Whether a function fails where a file is missing. */
export function readsFile(path: string): boolean {
  return fileReads.test(nameOfPath(path))
}

/** `performance.now` of `node:perf_hooks:performance.now`; of packages, with the package's name. */
export function nameOfPath(path: string): string {
  const [, module, name] = /^(?:node:)?(.*?):(.*)$/.exec(path) ?? []
  if (module === undefined || name === undefined) return path.replace(/^(?:globalThis|global)\.(?=.)/, '')
  if (/^(?:perf_hooks|process)$/.test(module))
    return module === 'process' ? `process.${name.replace(/^default\.?/, '')}` : name
  return name === '' ? module : `${module}.${name}`
}

/** Whether an expression like `path` names mutable state outside the heap: the file system, or a package's own. */
export function hiddenState(path: string): 'none' | 'certain' | 'maybe' {
  const colon = /^(?:node:)?(.*?):/.exec(path)
  if (colon === null) return knownGlobals.has(path.split('.')[0] ?? '') ? 'none' : 'maybe'
  const module = colon[1] ?? ''
  if (/^fs(\/promises)?$/.test(module)) return 'certain'
  return isTensorLibrary(module) || readingModules.has(module) ? 'none' : 'maybe'
}

/** Whether a call of it throws where its arguments are not as they should be. */
export function isAssertion(path: string): boolean {
  return /^(?:node:)?assert(?:\/strict)?:/.test(path)
}

/** Whether a method of a model or layer of TensorFlow.js may draw random numbers, for dropout or the order of rows. */
export function methodMayDraw(name: string): boolean {
  return /^(?:fit|fitDataset|trainOnBatch|apply)$/.test(name)
}

/** Whether a call of it ends the process. */
export function endsProcess(path: string): boolean {
  return /^(?:node:)?process[.:](?:default\.)?(?:exit|reallyExit|abort|kill)$/.test(path)
}
