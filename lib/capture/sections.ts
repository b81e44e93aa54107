/** Where values of the line belong to a part of the training. */
export interface Section {
  readonly at: number
  readonly end: number
  readonly name: string
  /** Whether it is a word of the first value's name: `val loss 0.4 acc 0.9`. */
  readonly isPhrase: boolean
}

/** The words that name a part, as the text of an expression. */
export const SECTION_WORD = 'train(?:ing)?|val(?:id(?:ation)?)?|test(?:ing)?|eval(?:uation)?'

const SECTION = new RegExp(
  String.raw`(?<=^|[,;|[\t\x1f]|\s{2}|\s-\s|:\s|\((?=(?:${SECTION_WORD})\)))[\s*>#=~-]*(${SECTION_WORD})(?=$|[\s:|\]),\x1f])`,
  'gi',
)

/** Behind the values of one part another may begin without a separator: `train loss: 0.3 val loss: 0.4 acc: 0.9`. */
const LATER_SECTION = new RegExp(String.raw`(?<=\d%?\s)(${SECTION_WORD})(?=\s+[A-Za-z])`, 'gi')

/** `best metric, hmean: 0.7`: what follows is of the best epoch, not of this one. */
const BEST =
  /^[\s*>#=~\x1f-]*(best)(?:\s+(?:metrics?|model|results?|scores?|so far))?\s*[,:](?!\s*[+-]?[\d.])/i

const ANY_SECTION = /train|val|test|eval|best/i

/** Behind the word: a number, of which it is the key itself (`val: 0.4`); or the rest of a key, and its number (`val loss 0.4`). */
const IS_KEY = /^\s*[:=]\s*[+-]?[\d.]/
const IS_PHRASE = /^\s+[A-Za-z][^\s:=|,;]*(?:\s[A-Za-z][^\s:=|,;]*)?\s*[:=]?\s*[+-]?\.?\d/

/** What ends the fields that a phrase has begun. */
const FIELD_END = /[|;\t]|\s-{1,2}\s/

/** What is measured beside a training, and of no part of it unless a heading says so. */
const NEUTRAL =
  /^(?:lr|learning[_ ]rate|time|elapsed|eta|duration|mem(?:ory)?|speed|throughput|gap|wd|momentum|grad_?norm)$/i

/**
 * The parts of a training that a line names where fields begin: `Test set: …`, `[Train][Epoch 9/10]`, `| valid | epoch 001 |`, `val: loss 0.4`. Without them
 * the losses of training and validation, printed under one name, would end up in one column. A part that is named as a heading holds to the next
 * one; one that is a word of a value's name as far as the values that stand beside it without a bar.
 */
export function findSections(text: string): readonly Section[] {
  if (!ANY_SECTION.test(text)) return []
  const best = BEST.exec(text)
  if (best !== null) return [{ at: 0, end: text.length, name: 'best', isPhrase: false }]
  const found = [...text.matchAll(SECTION)]
  if (found.length > 0) found.push(...text.matchAll(LATER_SECTION))
  return found
    .sort((a, b) => a.index - b.index)
    .flatMap((match): Section[] => {
      const behind = match.index + match[0].length
      const rest = text.slice(behind)
      if (IS_KEY.test(rest)) return []
      const isPhrase = IS_PHRASE.test(rest)
      const length = isPhrase ? rest.search(FIELD_END) : -1
      const end = length === -1 ? text.length : behind + length
      return [{ at: match.index, end, name: sectionName(match[1] as string), isPhrase }]
    })
}

/** A part's name as it begins those of values. */
export function sectionName(word: string): string {
  return word
    .toLowerCase()
    .replace(/^training$/, 'train')
    .replace(/^testing$/, 'test')
}

const SECTION_NAMES = /^(?:train|val|valid|test|eval)/i

/** A name at a place of the line, with the part of the training in front that it does not tell itself: `Test set: Average loss: 0.04`. */
export function nameWithin(sections: readonly Section[], at: number, name: string): string {
  const section = sections.findLast((it) => it.at <= at)
  if (section === undefined || at >= section.end) return name
  if (section.name === 'best') return name.toLowerCase().startsWith('best') ? name : `best_${name}`
  if (SECTION_NAMES.test(name) || (section.isPhrase && NEUTRAL.test(name))) return name
  return `${section.name}_${name}`
}
