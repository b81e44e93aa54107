import { FlorError, type FlorErrorCode, isFlorError } from '../../model/errors.js'

/** An error as it is, but for the hint, where its own facts have none: the hint of its code was for another place. */
export function hinted(error: unknown, code: FlorErrorCode, hint: string): unknown {
  if (!isFlorError(error, code) || error.data.hint !== undefined) return error
  return new FlorError(error.message, { code, data: { ...error.data, hint }, cause: error.cause })
}
