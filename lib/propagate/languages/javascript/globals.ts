/** What files of dynamic modules are given beside the globals. */
const given = new Set(['require', 'module', 'exports', '__dirname', '__filename'])

/** Whether Node gives the name to every file: what replays run on has the globals of the process that asks. */
export function isGlobal(name: string): boolean {
  return given.has(name) || name in globalThis
}
