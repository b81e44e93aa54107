import t from 'tap'
import { annotatedOid, changedNotes, fanoutPath, readNoteList } from '../../../lib/git/notes.js'
import { asOid, type Oid } from '../../../lib/model/oid.js'
import { repository } from '../../support/repository.js'

t.test('paths of every fan-out name the object', (t) => {
  const oid = asOid('0123456789abcdef0123456789abcdef01234567')
  t.equal(fanoutPath(oid), '01/23456789abcdef0123456789abcdef01234567')
  for (const path of [oid, fanoutPath(oid), '01/23/456789abcdef0123456789abcdef01234567']) {
    t.equal(annotatedOid(path), oid)
  }
  for (const path of [
    '.gitattributes',
    '01',
    `x/${oid}`,
    `${oid}0`,
    '0/123456789abcdef0123456789abcdef01234567',
  ]) {
    t.equal(annotatedOid(path), undefined, path)
  }
  t.end()
})

t.test('notes that git made are read, and their changes', async (t) => {
  const repo = repository(t)
  const commits: Oid[] = []
  const tip = () => repo.oid('refs/notes/flor/w')
  const annotate = (text: string, commit: string) =>
    repo.do('notes', '--ref=flor/w', 'add', '-f', '-m', text, commit)
  const blobOf = (commit: Oid) => asOid(repo.git('notes', '--ref=flor/w', 'list', commit))
  for (let i = 0; i < 4; i++) commits.push(repo.commit(`${i}`).oid())
  const [a, b, c, d] = commits as [Oid, Oid, Oid, Oid]
  annotate('a', a)
  annotate('b', b)
  const before = tip()
  t.same(
    await readNoteList(repo.location, before),
    new Map([
      [a, blobOf(a)],
      [b, blobOf(b)],
    ]),
  )
  const oldB = blobOf(b)
  annotate('b again', b)
  annotate('c', c)
  repo.do('notes', '--ref=flor/w', 'remove', a)
  t.same(
    await changedNotes(repo.location, before, tip()),
    new Map([
      [a, undefined],
      [b, blobOf(b)],
      [c, blobOf(c)],
    ]),
  )
  t.same(await changedNotes(repo.location, tip(), tip()), new Map())
  t.same(
    await changedNotes(repo.location, undefined, before),
    new Map([
      [a, repo.oid(`${before}:${a}`)],
      [b, oldB],
    ]),
  )
  t.notOk((await readNoteList(repo.location, tip())).has(d))
})

t.test('a note that only moved to another fan-out is reported with its blob', async (t) => {
  const repo = repository(t).commit()
  const oid = repo.oid()
  const note = repo.write('.git/note', 'n').git('hash-object', '-w', '.git/note')
  const treeOf = (path: string) => {
    const slash = path.indexOf('/')
    const env = (mode: string, type: string, object: string, name: string) => {
      repo.write('.git/mk', `${mode} ${type} ${object}\t${name}\n`)
      return repo
        .run('-e', [
          "process.stdout.write(require('child_process').execFileSync('git',['mktree'],{input:require('fs').readFileSync('.git/mk')}))",
        ])
        .stdout.trim()
    }
    if (slash === -1) return env('100644', 'blob', note, path)
    return env('040000', 'tree', env('100644', 'blob', note, path.slice(slash + 1)), path.slice(0, slash))
  }
  const flat = asOid(repo.git('commit-tree', '-m', 'flat', treeOf(oid)))
  const fanned = asOid(repo.git('commit-tree', '-m', 'fanned', treeOf(fanoutPath(oid))))
  t.same(await changedNotes(repo.location, flat, fanned), new Map([[oid, asOid(note)]]))
  t.same(await changedNotes(repo.location, fanned, flat), new Map([[oid, asOid(note)]]))
  repo.do('update-ref', 'refs/notes/flor/w', fanned)
  t.equal(repo.git('notes', '--ref=flor/w', 'show', oid), 'n')
})

t.test('a notes commit that is gone is missing', async (t) => {
  const repo = repository(t).commit()
  const gone = asOid('1'.repeat(40))
  await t.rejects(readNoteList(repo.location, gone), { code: 'OBJECT_MISSING' })
  await t.rejects(changedNotes(repo.location, gone, repo.oid()), { code: 'OBJECT_MISSING' })
})
