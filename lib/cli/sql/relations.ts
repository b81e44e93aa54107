/** One column of a relation: its DuckDB type, and what it holds. */
export interface RelationColumn {
  readonly name: string
  readonly type: string
  readonly describe: string
}

/** A relation that `git flor query` offers. docs/sql.md is written from the same words. */
export interface Relation {
  readonly name: RelationName
  readonly describe: string
  readonly columns: readonly RelationColumn[]
}

export type RelationName = 'runs' | 'args' | 'logs' | 'loops' | 'checkpoints' | 'backfills'

const column = (name: string, type: string, describe: string): RelationColumn => ({ name, type, describe })

const RUN = column('run', 'VARCHAR', 'oid of the run commit')
const TYPE = column(
  'type',
  'VARCHAR',
  'number, string, boolean, integer (big ones), date, null, array, tensor, object',
)
const VALUE = column('value', 'DOUBLE', 'of numbers; NaN and infinities are themselves')
const TEXT = column('text', 'VARCHAR', 'of everything that is no number, exactly; arrays and objects as JSON')

const CONTEXT_KEY = column(
  'context_key',
  'VARCHAR',
  'the same by the numbers of iterations, whatever their labels: no two contexts of a run share it',
)

/** All relations. `logs` has one column more for each loop that any run has, and another where it has passes. */
export const RELATIONS: readonly Relation[] = [
  {
    name: 'runs',
    describe: 'one row a run',
    columns: [
      RUN,
      column('started', 'TIMESTAMP', 'in UTC'),
      column('duration', 'DOUBLE', 'seconds'),
      column('status', 'VARCHAR', 'completed, failed or interrupted'),
      column('exit_code', 'INTEGER', 'NULL where a signal ended it, or nothing is known'),
      column('signal', 'VARCHAR', 'NULL where none ended it'),
      column('script', 'VARCHAR', 'path of the script'),
      column('command', 'VARCHAR[]', 'the command line'),
      column('folder', 'VARCHAR', 'working directory, from the top of the repository'),
      column('branch', 'VARCHAR', 'without refs/heads/; NULL where HEAD was detached'),
      column('base', 'VARCHAR', 'HEAD at the start'),
      column('clean', 'BOOLEAN', 'whether the code was exactly that of base'),
      column('author', 'VARCHAR', 'user name on the machine'),
      column('host', 'VARCHAR', 'name of the machine'),
      column('versions', 'MAP(VARCHAR, VARCHAR)', 'of runtime and platform'),
      column('writers', 'VARCHAR[]', 'clones that hold parts of the run'),
    ],
  },
  {
    name: 'args',
    describe: 'one row an argument of a run',
    columns: [
      RUN,
      column('name', 'VARCHAR', 'of the argument'),
      TYPE,
      VALUE,
      TEXT,
      column('origin', 'VARCHAR', 'command-line, set, default or replay'),
    ],
  },
  {
    name: 'logs',
    describe:
      'one row a logged value, and one column more for each loop: epoch, step, … (epoch# for its passes, where any run has a second)',
    columns: [
      RUN,
      column('name', 'VARCHAR', 'under which it was logged'),
      column('row', 'INTEGER', 'from 0 on, among the values of the name in the run'),
      column('context', 'VARCHAR', "epoch=3/step=17; '' outside all loops; iterations of one label share it"),
      CONTEXT_KEY,
      column('indices', 'INTEGER[]', 'numbers of the iterations in their loops, from 0 on, outermost first'),
      TYPE,
      VALUE,
      TEXT,
      column('backfill', 'VARCHAR', 'id of the backfill that produced it; NULL where the run itself did'),
      column('fidelity', 'VARCHAR', 'of that backfill'),
    ],
  },
  {
    name: 'loops',
    describe: 'one row an iteration of an outer or main loop, and one a nested loop inside an iteration',
    columns: [
      RUN,
      column('loop', 'VARCHAR', 'name'),
      column('pass', 'INTEGER', 'how many loops of the name came before in the same iteration'),
      column('role', 'VARCHAR', 'outer, main or nested'),
      column('context', 'VARCHAR', 'the iterations around the loop'),
      CONTEXT_KEY,
      column('iteration', 'INTEGER', 'from 0 on; NULL for nested loops, which are timed as a whole'),
      column('label', 'VARCHAR', 'what people call the iteration, where that is not its number'),
      column('iterations', 'INTEGER', 'of a nested loop; else NULL'),
      column('duration', 'DOUBLE', 'seconds; NULL where it never ended'),
    ],
  },
  {
    name: 'checkpoints',
    describe: 'one row a checkpoint',
    columns: [
      RUN,
      column('name', 'VARCHAR', 'as git flor checkpoint lists it'),
      column('context', 'VARCHAR', 'the iteration it was taken in'),
      CONTEXT_KEY,
      column('after', 'VARCHAR', 'the nested loop it was taken behind; NULL at the end of the iteration'),
      column('size', 'BIGINT', 'bytes of its files (tensors), without its other state'),
      column('cost', 'DOUBLE', 'seconds that training waited for it'),
      column('files', 'VARCHAR[]', 'names'),
      column('sha256', 'VARCHAR[]', 'of the files, in their order'),
    ],
  },
  {
    name: 'backfills',
    describe: 'one row a replay that stored values',
    columns: [
      RUN,
      column('backfill', 'VARCHAR', 'id'),
      column('names', 'VARCHAR[]', 'that it was made for'),
      column('patched', 'VARCHAR', 'oid of the patched commit'),
      column('level', 'VARCHAR', 'prefix, skip, run, suffix or full'),
      column('fidelity', 'VARCHAR', 'identical, within-tolerance, diverged or unchecked'),
      column('compared', 'INTEGER', 'recorded values that were produced again'),
      column('equal', 'INTEGER', 'how many of them were equal'),
      column('started', 'TIMESTAMP', 'in UTC'),
      column('duration', 'DOUBLE', 'seconds'),
      column('author', 'VARCHAR', 'user name on the machine'),
      column('host', 'VARCHAR', 'name of the machine'),
    ],
  },
]

/** `"loop name"`: a name as SQL takes it, whatever it holds. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** `'it''s'`: a text as SQL takes it. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/**
 * The relations that statements speak of: those whose names stand in the text, so rather one too many. What asks for the catalogue itself
 * (`SHOW TABLES`, `information_schema`) speaks of all.
 */
export function relationsIn(sql: string): RelationName[] {
  const names = RELATIONS.map((relation) => relation.name)
  const found = names.filter((name) => new RegExp(`(?<![\\w$])${name}(?![\\w$])`, 'i').test(sql))
  const asksForAll =
    /\b(?:show|describe|summarize|pragma|information_schema|duckdb_\w+|sqlite_master)\b/i.test(sql)
  return found.length === 0 && asksForAll ? names : found
}
