import { hostname, userInfo } from 'node:os'
import { isFlorError } from '../model/errors.js'
import { inRepository, type RepositoryLocation } from './location.js'
import type { Signature } from './object-store.js'
import { gitSync } from './process.js'

/**
 * Who commits: the user's own identity as git finds it, or one made of login and host where none is configured (servers
 * refuse commits without one, and a training run must not fail for it). One spawn.
 */
export function identitySync(location: RepositoryLocation): Signature {
  const answer = gitSync(['var', 'GIT_COMMITTER_IDENT'], { ...inRepository(location), expectExit: [0, 128] })
  const told = answer.exitCode === 0 ? parseIdentity(answer.stdout.toString().trimEnd()) : undefined
  return told ?? fallbackIdentity()
}

/** Reads `Name <mail> 1700000000 +0200`; undefined for anything else. */
export function parseIdentity(text: string): Signature | undefined {
  const match = /^(.*?) ?<([^>]*)> (-?\d+) ([+-])(\d\d)(\d\d)$/s.exec(text)
  if (match === null) return undefined
  const [, name, email, seconds, sign, hours, minutes] = match as unknown as string[]
  const offset = Number(hours) * 60 + Number(minutes)
  return {
    name: name as string,
    email: email as string,
    timestampMs: Number(seconds) * 1000,
    offsetMinutes: sign === '-' ? -offset : offset,
  }
}

/** Writes what {@link parseIdentity} reads. Characters that would end a field are dropped, as git does. */
export function formatIdentity(signature: Signature): string {
  const clean = (text: string) => text.replace(/[\0\n<>]/g, '')
  const offset = Math.abs(signature.offsetMinutes)
  const zone = `${signature.offsetMinutes < 0 ? '-' : '+'}${digits(Math.floor(offset / 60))}${digits(offset % 60)}`
  return `${clean(signature.name)} <${clean(signature.email)}> ${Math.floor(signature.timestampMs / 1000)} ${zone}`
}

const digits = (value: number) => String(value).padStart(2, '0')

/** The variables that make `git commit-tree` commit as `signature`, now. */
export function identityEnvironment(signature: Signature): NodeJS.ProcessEnv {
  return {
    GIT_AUTHOR_NAME: signature.name,
    GIT_AUTHOR_EMAIL: signature.email,
    GIT_COMMITTER_NAME: signature.name,
    GIT_COMMITTER_EMAIL: signature.email,
  }
}

/** Tells whether git refused to commit because it does not know who the user is. */
export function isUnknownIdentity(error: unknown): boolean {
  return (
    isFlorError(error, 'GIT_FAILED') &&
    /tell me who you are|empty ident|auto-detect|no email was given|no name was given/i.test(
      String(error.data.stderr),
    )
  )
}

/** Login and host, for users who never told git who they are. */
export function fallbackIdentity(): Signature {
  let login = 'unknown'
  try {
    login = userInfo().username || login
  } catch {
    // A user id without an entry in the password file, as containers have.
  }
  const now = new Date()
  return {
    name: login,
    email: `${login}@${hostname() || 'localhost'}`,
    timestampMs: now.getTime(),
    offsetMinutes: -now.getTimezoneOffset(),
  }
}
