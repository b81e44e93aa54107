/** What is printed as `key: number` all the time and is no metric. */
const NO_METRICS = new Set(
  (
    'eta pid port line col column errno code exit exit_code exitcode returncode signal status version v v_num id uid gpu cpu device rank ' +
    'local_rank global_rank world_size http https file at host localhost python node torch pytorch tensorflow keras numpy cuda cudnn ' +
    'error warning info debug note todo commit'
  ).split(' '),
)

const WORD = String.raw`[A-Za-z_][\w.@/%'-]*`
const WORDS = new RegExp(`^${WORD}(?: ${WORD}){0,2}$`)

/** Words of sentences: `val_loss improved from 0.3 to 0.2` names no value. */
const SENTENCE =
  /(?:^| )(?:from|to|of|by|in|at|is|was|are|has|had|after|before|with|for|the|an?|and|or|on|as|took|than|until|saved|using|reducing)(?: |$)/i

/**
 * The name under which a key is recorded: its words, at most three, joined by `_`. Undefined for what is no metric: sentences, exceptions
 * (`ValueError: 3`), and words such as `eta`, `port`, `line`.
 */
export function metricName(key: string): string | undefined {
  if (key.length > 80 || !WORDS.test(key) || (key.includes(' ') && SENTENCE.test(key))) return undefined
  if (/(?:Error|Exception|Warning|Interrupt)$/.test(key) && !key.includes(' ')) return undefined
  const name = key.replace(/ /g, '_')
  return NO_METRICS.has(name.toLowerCase()) || /[/.]{2}/.test(name) ? undefined : name
}

const SECTION_NAMES = /^(?:train|val|valid|test|eval)/i

/** Puts the part of the training that a line speaks of (`Test set: Average loss: 0.04`) in front of a name that does not tell it. */
export function inSection(section: string | undefined, name: string): string {
  return section === undefined || SECTION_NAMES.test(name) ? name : `${section}_${name}`
}
