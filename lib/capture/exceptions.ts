/** `ValueError: `, `torch.cuda.OutOfMemoryError: `, `TypeError [ERR_X]: `, `what():  ` of C++, panics of Go and Rust; but `Error: 0.3` is a rate. */
const EXCEPTION =
  /(?<![\w.])(?:[A-Za-z_]\w*\.)*(?:[A-Z]\w*(?:Error|Exception|Warning|Interrupt)|Exception|StopIteration|SystemExit|Error(?!:\s*[+-]?[\d.]))(?: \[\w+\])?:(?=\s|$)|(?<!\S)what\(\): |^(?:panic: |thread '[^']*' panicked )/

/** What no exception is without: a look that spares most lines the rest. */
const SIGNS = /Error|Exception|Warning|Interrupt|StopIteration|SystemExit|what\(|panic/

/** Metrics whose names end as those of exceptions do: `MeanSquaredError`. */
const METRIC = /(?:Squared|Absolute|Percentage|Log|Logarithmic|Relative)Error$/

/** Where a line begins to tell of an exception: what follows are its words, and no metrics. */
export function findException(text: string): number | undefined {
  if (!SIGNS.test(text)) return undefined
  const match = EXCEPTION.exec(text)
  return match === null || METRIC.test(match[0].slice(0, -1)) ? undefined : match.index
}

/** Whether a key is the name of an exception. */
export function isExceptionName(key: string): boolean {
  return /(?:Error|Exception|Warning|Interrupt)$/.test(key) && !METRIC.test(key)
}
