/** From here on to the next one, values of the line belong to this part of the training. */
export interface Section {
  readonly at: number
  readonly name: string
}

/** The words that name a part, as the text of an expression. */
export const SECTION_WORD = 'train(?:ing)?|val(?:id(?:ation)?)?|test(?:ing)?|eval(?:uation)?'

const SECTION = new RegExp(
  String.raw`(?<=^|[,;|[\t\x1f]|\s{2}|\s-\s|:\s)[\s*>#=~-]*(${SECTION_WORD})(?=$|[\s:|\]),\x1f])`,
  'gi',
)

/** Behind the values of one part another may begin without a separator: `train loss: 0.3 val loss: 0.4 acc: 0.9`. */
const LATER_SECTION = new RegExp(String.raw`(?<=\d%?\s)(${SECTION_WORD})(?=\s+[A-Za-z])`, 'gi')

const ANY_SECTION = /train|val|test|eval/i

/**
 * The parts of a training that a line names where fields begin: `Test set: …`, `[Train][Epoch 9/10]`, `| valid | epoch 001 |`, `val: loss 0.4`. Without them
 * the losses of training and validation, printed under one name, would end up in one column.
 */
export function findSections(text: string): readonly Section[] {
  if (!ANY_SECTION.test(text)) return []
  const found = [...text.matchAll(SECTION)]
  if (found.length > 0) found.push(...text.matchAll(LATER_SECTION))
  return found
    .sort((a, b) => a.index - b.index)
    .map((match) => ({
      at: match.index,
      name: sectionName(match[1] as string),
    }))
}

/** A part's name as it begins those of values. */
export function sectionName(word: string): string {
  return word
    .toLowerCase()
    .replace(/^training$/, 'train')
    .replace(/^testing$/, 'test')
}

/** The part that a place of the line belongs to. */
export function sectionAt(sections: readonly Section[], at: number): string | undefined {
  return sections.findLast((it) => it.at <= at)?.name
}

const SECTION_NAMES = /^(?:train|val|valid|test|eval)/i

/** Puts the part of the training that a line speaks of (`Test set: Average loss: 0.04`) in front of a name that does not tell it. */
export function inSection(section: string | undefined, name: string): string {
  return section === undefined || SECTION_NAMES.test(name) ? name : `${section}_${name}`
}
