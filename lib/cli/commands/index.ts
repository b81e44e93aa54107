import type { Command } from '../command.js'

/** A command as the overview lists it; its module is loaded only when it is called. */
export interface CommandEntry {
  readonly name: string
  /** For the overview; lower case, no full stop. */
  readonly summary: string
  readonly group: string
  /** What only scripts of ours call: in no list and in no manual. */
  readonly isHidden?: boolean
  load(): Promise<Command>
}

const RECORD = 'record'
const QUERY = 'query'
const BACKFILL = 'ask past runs for values that they did not log'
const SHARE = 'share and keep'
const PLUMBING = 'plumbing'

/** Every command, in the order of the overview. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'init',
    summary: 'set up hooks and fetch refspecs; --undo takes them out',
    group: RECORD,
    load: async () => (await import('./init.js')).init,
  },
  {
    name: 'run',
    summary: 'run any command and record it: code, exit, output, metrics in its output',
    group: RECORD,
    load: async () => (await import('./run.js')).run,
  },
  {
    name: 'capture',
    summary: 'preview which metrics are taken out of an output',
    group: RECORD,
    load: async () => (await import('./capture.js')).capture,
  },
  {
    name: 'log',
    summary: 'list runs, or show named values of all runs as one table',
    group: QUERY,
    load: async () => (await import('./log.js')).log,
  },
  {
    name: 'show',
    summary: 'show everything about one run',
    group: QUERY,
    load: async () => (await import('./show.js')).show,
  },
  {
    name: 'diff',
    summary: 'compare two runs: arguments, metrics, code',
    group: QUERY,
    load: async () => (await import('./diff.js')).diff,
  },
  {
    name: 'plot',
    summary: 'draw values as curves, in the terminal or as .svg or .html',
    group: QUERY,
    load: async () => (await import('./plot.js')).plot,
  },
  {
    name: 'query',
    summary: 'ask in SQL, with DuckDB',
    group: QUERY,
    load: async () => (await import('./query.js')).query,
  },
  {
    name: 'checkpoint',
    summary: 'list the checkpoints of a run, or copy them out',
    group: QUERY,
    load: async () => (await import('./checkpoint.js')).checkpoint,
  },
  {
    name: 'backfill',
    summary: 'produce values that past runs never logged',
    group: BACKFILL,
    load: async () => (await import('./backfill.js')).backfill,
  },
  {
    name: 'push',
    summary: "send this clone's runs and checkpoints to a remote",
    group: SHARE,
    load: async () => (await import('./push.js')).push,
  },
  {
    name: 'fetch',
    summary: "bring other clones' runs here",
    group: SHARE,
    load: async () => (await import('./fetch.js')).fetch,
  },
  {
    name: 'verify',
    summary: 'check that everything recorded can be read',
    group: SHARE,
    load: async () => (await import('./verify.js')).verify,
  },
  {
    name: 'reindex',
    summary: 'rebuild the local index',
    group: SHARE,
    load: async () => (await import('./reindex.js')).reindex,
  },
  {
    name: 'gc',
    summary: 'remove local files that nothing needs',
    group: SHARE,
    load: async () => (await import('./gc.js')).gc,
  },
  {
    name: 'propagate',
    summary: 'carry a log statement into an old version of a file',
    group: PLUMBING,
    load: async () => (await import('./propagate.js')).propagate,
  },
  {
    name: 'seal',
    summary: 'turn finished runs into notes',
    group: PLUMBING,
    load: async () => (await import('./seal.js')).seal,
  },
  {
    name: 'hook',
    summary: 'what our Git hooks call',
    group: PLUMBING,
    load: async () => (await import('./hook.js')).hook,
  },
  {
    name: 'completion',
    summary: 'print the completion script of a shell',
    group: PLUMBING,
    load: async () => (await import('./completion.js')).completion,
  },
  {
    name: 'complete',
    summary: 'what completion scripts ask',
    group: PLUMBING,
    isHidden: true,
    load: async () => (await import('./complete.js')).complete,
  },
]
