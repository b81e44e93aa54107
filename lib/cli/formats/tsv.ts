const ESCAPES: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\' }

/** One line of tab-separated values, its line feed left to the caller: tabs, line breaks and backslashes in fields are `\t`, `\n`, `\r`, `\\`. */
export function tsvRecord(fields: readonly string[]): string {
  return fields.map((field) => field.replace(/[\t\n\r\\]/g, (it) => ESCAPES[it] as string)).join('\t')
}
