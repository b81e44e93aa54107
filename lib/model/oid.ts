/** Object names. Never assume a length: SHA-1 repositories have 40 hex digits, SHA-256 ones 64. */

declare const brand: unique symbol

/** The lower-case hexadecimal name of a Git object, in the object format of its repository. */
export type Oid = string & { readonly [brand]: 'Oid' }

/** A run's identity: the oid of its run commit. */
export type RunOid = Oid

const OID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

/** Tells whether `text` is a full oid of either object format. */
export function isOid(text: string): text is Oid {
  return OID.test(text)
}

/** Tells whether `text` may stand for an oid that begins so: four hex digits or more, as git has it, in lower or upper case, but not a whole one. */
export function isOidBeginning(text: string): boolean {
  return /^[0-9a-f]{4,63}$/i.test(text) && text.length !== 40
}

/** Brands `text` as an oid. @throws TypeError if it is not 40 or 64 lower-case hex digits. */
export function asOid(text: string): Oid {
  if (!isOid(text)) throw new TypeError(`not an object name: ${JSON.stringify(text)}`)
  return text
}
