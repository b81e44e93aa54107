import t from 'tap'
import { locateStatement } from '../../../lib/replay/position.js'
import { imports, markedProject } from './marked-project.js'

function locate(files: string | Record<string, string>) {
  const { project, statement } = markedProject(
    typeof files === 'string' ? { 'train.js': imports + files } : files,
  )
  return locateStatement(project, statement)
}

const frame = (places: {
  before?: string
  first?: string
  inside?: string
  after?: string
  behind?: string
}) => `
const model = build()
flor.checkpointing({ model })
${places.before ?? ''}
for (const epoch of flor.loop('epoch', [1, 2, 3])) {
  ${places.first ?? ''}
  for (const batch of flor.loop('step', batches)) {
    ${places.inside ?? ''}
    train(model, batch)
  }
  ${places.after ?? ''}
}
${places.behind ?? ''}
`
const wanted = "/*<*/flor.log('w', 1)/*>*/"

t.test('a statement is placed by what is around it', async (t) => {
  t.match(locate(frame({ before: wanted })), { kind: 'prefix', loops: [] })
  t.match(locate(frame({ first: wanted })), { kind: 'iteration', loops: ['epoch'] })
  t.match(locate(frame({ inside: wanted })), { kind: 'nested', loops: ['epoch', 'step'] })
  t.match(locate(frame({ after: wanted })), { kind: 'iteration', loops: ['epoch'] })
  t.match(locate(frame({ behind: wanted })), { kind: 'suffix', loops: [] })
})

t.test('a function is where it is called', async (t) => {
  const report = `function report(x) { ${wanted} }\n`
  t.match(locate(report + frame({ before: 'report(1)' })), { kind: 'prefix' })
  t.match(locate(report + frame({ after: 'report(model)' })), { kind: 'iteration', loops: ['epoch'] })
  t.match(locate(report + frame({ after: 'report(model)', inside: 'report(batch)' })), { kind: 'nested' })
  t.match(locate(report + frame({ before: 'report(0)', after: 'report(model)' })), { kind: 'unknown' })
  t.match(locate(report + frame({})), { kind: 'unknown', why: /reaches/ })
})

t.test('functions of other files, class methods, callbacks and generators are followed', async (t) => {
  const main = `${imports}import { report } from './lib/report.js'\n${frame({ after: 'report(model)' })}`
  t.match(
    locate({
      'train.js': main,
      'lib/report.ts': `import { log } from 'git-flor'\nexport const report = (m: object): void => { /*<*/log('w', m)/*>*/ }`,
    }),
    { kind: 'iteration', loops: ['epoch'] },
  )
  t.match(
    locate(
      `class Trainer { constructor(m) { this.m = m } report() { ${wanted} } }\n${frame({ before: 'const trainer = new Trainer(model)', after: 'trainer.report()' })}`,
    ),
    { kind: 'iteration' },
  )
  t.match(locate(frame({ after: `tf.tidy(() => { ${wanted} })` })), { kind: 'iteration' })
  t.match(locate(frame({ after: `model.layers.forEach((layer) => { ${wanted} })` })), { kind: 'iteration' })
  t.match(
    locate(frame({ before: `const helpers = { report() { ${wanted} } }`, inside: 'helpers.report()' })),
    {
      kind: 'nested',
    },
  )
})

t.test('the loops may stand in a function, a method, or another file', async (t) => {
  const inFunction = `async function main() {${frame({ after: wanted })}}\nawait main()`
  t.match(locate(inFunction), { kind: 'iteration', loops: ['epoch'] })
  const nestedElsewhere = `function steps(model) { for (const batch of flor.loop('step', batches)) { ${wanted}; train(model, batch) } }
${frame({ after: 'steps(model)' })}`
  t.match(locate(nestedElsewhere), { kind: 'nested', loops: ['epoch', 'step'] })
})

t.test('loops entered before checkpointing() are outer loops', async (t) => {
  const folds = (places: { fold?: string; epoch?: string; after?: string }) => `
for (const fold of flor.loop('fold', [0, 1, 2])) {
  const model = build(fold)
  ${places.fold ?? ''}
  flor.checkpointing({ model })
  for (const epoch of flor.loop('epoch', [1, 2, 3])) { model.fit(fold); ${places.epoch ?? ''} }
  ${places.after ?? ''}
}`
  t.match(locate(folds({ epoch: wanted })), { kind: 'iteration', loops: ['fold', 'epoch'], outerLoops: 1 })
  t.match(locate(folds({ fold: wanted })), { kind: 'prefix', loops: ['fold'], outerLoops: 1 })
  t.match(locate(folds({ after: wanted })), { kind: 'suffix', loops: ['fold'], outerLoops: 1 })
})

t.test('several main loops follow each other', async (t) => {
  const two = (place: string, last = '') => `${frame({})}
for (const epoch of flor.loop('finetune', [1, 2])) { model.fit(epoch); ${place} }
${last}`
  t.match(locate(two(wanted)), { kind: 'iteration', loops: ['finetune'] })
  t.match(locate(two('', wanted)), { kind: 'suffix' })
})

t.test('scripts without checkpointing are plain, and what cannot be followed is unknown', async (t) => {
  t.match(locate(`for (const e of flor.loop('epoch', [1])) { ${wanted} }`), {
    kind: 'plain',
    loops: ['epoch'],
  })
  t.match(locate(frame({ before: `emitter.on('x', () => { ${wanted} })` })), { kind: 'unknown' })
  t.match(locate(frame({ after: `eval('1'); ${wanted}` })), { kind: 'unknown', why: /eval/ })
  t.match(locate(frame({ after: `await import(name); ${wanted}` })), { kind: 'unknown', why: /computed/ })
})

t.test('renamed imports and require name the runtime, too', async (t) => {
  const renamed = `import { loop as each, log as note, checkpointing } from 'git-flor'
const model = build(); checkpointing({ model })
for (const e of each('epoch', [1])) { /*<*/note('w', 1)/*>*/ }`
  t.match(locate({ 'a.js': renamed }), { kind: 'iteration', loops: ['epoch'] })
  const required = `const flor = require('git-flor')
const model = build(); flor.checkpointing({ model })
for (const e of flor.loop('epoch', [1])) { ${wanted} }`
  t.match(locate({ 'a.cjs': required }), { kind: 'iteration', loops: ['epoch'] })
})

t.test('a file that does not parse is named with the place', async (t) => {
  t.throws(() => locate({ 'a.js': '/*<*/const = 1/*>*/' }), {
    code: 'SOURCE_SYNTAX',
    data: { path: 'a.js', line: 1 },
  })
  t.throws(() => locate({ 'a.jl': '/*<*/x/*>*/' }), { code: 'LANGUAGE_UNSUPPORTED' })
})
