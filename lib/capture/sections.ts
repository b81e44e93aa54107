/** From here on to the next one, values of the line belong to this part of the training. */
export interface Section {
  readonly at: number
  readonly name: string
}

const SECTION =
  /(?<=^|[,;|[\t\x1f]|\s{2}|\s-\s|:\s)[\s*>#=~-]*(train(?:ing)?|val(?:id(?:ation)?)?|test(?:ing)?|eval(?:uation)?)(?=$|[\s:|\]),\x1f])/gi

const ANY_SECTION = /train|val|test|eval/i

/**
 * The parts of a training that a line names where fields begin: `Test set: …`, `[Train][Epoch 9/10]`, `| valid | epoch 001 |`, `val: loss 0.4`. Without them
 * the losses of training and validation, printed under one name, would end up in one column.
 */
export function findSections(text: string): readonly Section[] {
  if (!ANY_SECTION.test(text)) return []
  return [...text.matchAll(SECTION)].map((match) => ({
    at: match.index,
    name: (match[1] as string)
      .toLowerCase()
      .replace(/^training$/, 'train')
      .replace(/^testing$/, 'test'),
  }))
}

/** The part that a place of the line belongs to. */
export function sectionAt(sections: readonly Section[], at: number): string | undefined {
  return sections.findLast((it) => it.at <= at)?.name
}
