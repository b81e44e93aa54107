import { FlorError, isFlorError } from '../../model/errors.js'

/** What cannot be compared is known by its place in the predicate alone: with the text that it was read from, the place can be shown. */
export function placedIn(error: unknown, text: string | undefined): unknown {
  if (!isFlorError(error, 'PREDICATE_TYPE') || text === undefined) return error
  const { message, code, data, cause } = error
  return new FlorError(message, { code, data: { text, ...data }, cause })
}
