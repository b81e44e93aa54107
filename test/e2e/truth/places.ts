/** The kinds of places in a training script where a statement can stand. */
export const places = {
  before: 'before the main loop',
  first: 'first in the iteration',
  ahead: 'before the nested loop',
  inside: 'in the nested loop',
  behind: 'behind the nested loop',
  behind_two: 'behind two nested loops',
  end: 'behind the main loop',
} as const
export type Place = keyof typeof places

/** A statement logs under its place's name, or, from a function that is called there, under `in_<place>`. */
export const names = (Object.keys(places) as Place[]).flatMap((place) => [place, `in_${place}`])

/** The place that a name stands for. */
export function placeOf(name: string): Place {
  return name.replace(/^in_/, '') as Place
}
