import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { git } from '../../git/process.js'
import { FlorError, isFlorError } from '../../model/errors.js'
import type { SourceFile } from '../../propagate/syntax.js'

/**
 * A plain file, or a blob that git finds by `<rev>:<path>`. Only plain files need no repository.
 * @throws FlorError FILE_UNREADABLE, also for what is not text in UTF-8
 */
export async function readSource(name: string, cwd: string): Promise<SourceFile> {
  let plain: Buffer
  try {
    plain = await readFile(resolve(cwd, name))
  } catch (cause) {
    const colon = name.indexOf(':')
    if (colon === -1) throw unreadable(name, cause)
    const path = name.slice(colon + 1)
    return { path, text: decode(name, await readBlob(name, cwd)) }
  }
  return { path: name, text: decode(name, plain) }
}

async function readBlob(name: string, cwd: string): Promise<Buffer> {
  try {
    return (await git(['cat-file', 'blob', name], { cwd })).stdout
  } catch (error) {
    if (!isFlorError(error, 'GIT_FAILED')) throw error
    throw unreadable(name, error)
  }
}

/** Other bytes than those of UTF-8 would come out as replacement characters: the file would not be kept to the byte. */
function decode(name: string, bytes: Buffer): string {
  const text = bytes.toString('utf8')
  const back = Buffer.from(text, 'utf8')
  if (back.equals(bytes)) return text
  let offset = 0
  while (bytes[offset] === back[offset]) offset++
  const line = bytes.subarray(0, offset).toString('latin1').split('\n').length
  throw new FlorError(`${name} is not text in UTF-8 (line ${line})`, {
    code: 'FILE_UNREADABLE',
    data: {
      path: name,
      line,
      hint: `iconv -f latin1 -t utf-8 <file> > <new file>    converts it, if it is text of another encoding`,
    },
  })
}

function unreadable(name: string, cause: unknown): FlorError {
  return new FlorError(`cannot read '${name}'`, {
    code: 'FILE_UNREADABLE',
    data: { path: name, hint: 'a file, or <rev>:<path> as `git show` takes it, is needed' },
    cause,
  })
}

/** @throws FlorError FILE_UNREADABLE */
export async function writeResult(name: string, cwd: string, text: string): Promise<void> {
  try {
    await writeFile(resolve(cwd, name), text)
  } catch (cause) {
    throw new FlorError(`cannot write '${name}'`, {
      code: 'FILE_UNREADABLE',
      data: { path: name, hint: '-o <file>    takes a file in a folder that exists and can be written to' },
      cause,
    })
  }
}

/** The change as `git diff` prints it, so that `git apply` takes it; '' when there is none. */
export async function patchText(older: SourceFile, text: string): Promise<string> {
  if (older.text === text) return ''
  const folder = await mkdtemp(join(tmpdir(), 'git-flor-'))
  try {
    await writeFile(join(folder, 'a'), older.text)
    await writeFile(join(folder, 'b'), text)
    const args = [
      'diff',
      '--no-index',
      '--no-prefix',
      '--no-color',
      '--no-ext-diff',
      '--text',
      '--',
      'a',
      'b',
    ]
    const answer = await git(args, { cwd: folder, expectExit: [0, 1] })
    const printed = answer.stdout.toString()
    return `--- a/${older.path}\n+++ b/${older.path}\n${printed.slice(printed.indexOf('\n@@ ') + 1)}`
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
