import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readFlorConfigSync } from '../git/config.js'
import { lfsObjectsDirSync } from '../git/lfs-paths.js'
import {
  checkpointsDir,
  locateRepositorySync,
  noWorkingTree,
  type RepositoryLocation,
} from '../git/location.js'
import { requireFoldersSync } from '../git/own-folders.js'
import { recordRunCommitSync } from '../git/snapshot.js'
import { isFlorError } from '../model/errors.js'
import type { RunEnd } from '../model/run.js'
import { SpoolWriter } from '../segment/spool-writer.js'
import { encodeDocument } from '../segment/value-codec.js'
import { unusedArguments } from './arg.js'
import { CheckpointWriter } from './checkpoint/checkpoint-writer.js'
import { Checkpointer } from './checkpoint/checkpointer.js'
import { environment } from './environment.js'
import { generatorAtImport, recordedGeneratorState } from './generator.js'
import { processFacts, runHeader } from './header.js'
import { LoopStack } from './loop-stack.js'
import { offSession } from './off-session.js'
import { commandPath, scriptFolder } from './project.js'
import { replaceSession, type Session } from './session.js'
import { attachSignals } from './signals.js'
import { claimWrapper, newRunId, openSpoolFolder, writeOwner } from './spool-folder.js'
import { StateRegistry } from './state-registry.js'
import { messageOf, warnOnce } from './warnings.js'

const FLUSH_MS = 50
/** How long the exit waits for checkpoints that are being written. */
const CHECKPOINTS_MS = 10_000
const CHECKPOINTS_AT_SIGNAL_MS = 2000

let runsOfProcess = 0

/**
 * Starts to record a run: finds the repository (that of the working directory, else that of the script),
 * commits the code that is running, and opens the spool.
 * @throws FlorError and file system errors when that cannot be; nothing is left behind but unreferenced objects
 */
export function startRecording(): Session {
  const startedMs = performance.now()
  const startedAt = Date.now()
  const startedCpu = process.cpuUsage()
  const location = locate()
  const config = readFlorConfigSync(location)
  const id = newRunId()
  const facts = processFacts(location.topLevel as string)
  const run = recordRunCommitSync(location, config, { id, subject: facts.argv.join(' '), pendingRef: true })
  const generator = runsOfProcess === 0 ? generatorAtImport() : recordedGeneratorState()
  const wrapper = environment.wrapper && claimWrapper(environment.wrapper, location, id)
  const folder = openSpoolFolder(location, id, wrapper)

  const signals = attachSignals()
  const writer = new CheckpointWriter(() => ({
    objectsDir: lfsObjectsDirSync(location, config),
    keptDir: checkpointsDir(location),
  }))
  const release = (): void => {
    clearInterval(timer)
    signals.detach()
    writer.stop()
    if (process.env.FLOR_PARENT === `${process.pid}:${id}`) delete process.env.FLOR_PARENT
  }
  const spool = new SpoolWriter(join(folder, 'events'), {
    onFailure: (error) => {
      warnOnce(`recording ends here, training goes on: ${messageOf(error)}`)
      replaceSession(offSession())
      release()
    },
    onFlush: () => signals.noteWork(),
  })
  const timer = setInterval(() => {
    signals.noteTurn()
    checkpointer.drain()
    spool.flush()
  }, FLUSH_MS)
  timer.unref()
  const header = runHeader(location, run, facts, {
    id,
    startedMs: startedAt,
    // performance.now() counts from the start of the process.
    ...(runsOfProcess === 0 ? { bootMs: Math.round(startedMs) } : {}),
    setupMs: Math.round(performance.now() - startedMs),
    generator,
  })
  spool.document(8, encodeDocument(header))
  const warn = (text: string): void => {
    if (warnOnce(text)) spool.warning(text)
  }
  if (!spool.isOpen) return offSession()
  run.warnings.forEach(warn)
  if (run.leftOut.length > 0) tellLeftOut(run.leftOut)
  if (runsOfProcess++ > 0)
    spool.warning(`run ${runsOfProcess} of its process: a replay cannot start where it began`)

  const loops = new LoopStack()
  const registry = new StateRegistry()
  const checkpointer = new Checkpointer({
    spool,
    loops,
    registry,
    writer,
    mode: environment.checkpoints,
    overhead: config.overhead,
    warn,
  })
  process.env.FLOR_PARENT = `${process.pid}:${id}`

  return {
    kind: 'record',
    spool,
    loops,
    registry,
    startedMs,
    points: checkpointer,
    follower: undefined,
    args: {},
    warn,
    end(how) {
      checkpointer.finish(how.signal === undefined ? CHECKPOINTS_MS : CHECKPOINTS_AT_SIGNAL_MS)
      for (const name of unusedArguments())
        warn(`--flor ${name}=… was given, but no flor.arg('${name}', …) asked for it`)
      spool.document(
        9,
        encodeDocument(endOf(how, performance.now() - startedMs, process.cpuUsage(startedCpu))),
      )
      spool.close()
      release()
      // Who waits for the whole process seals its run, and adds what it printed. A run that ends before its process does not wait for that.
      const isOver = how.exitCode !== undefined || how.signal !== undefined
      if (wrapper !== undefined && isOver && existsSync(environment.wrapper as string)) return
      if (wrapper !== undefined) writeOwner(folder, location)
      sealInBackground(location, id)
    },
  }
}

function locate(): RepositoryLocation {
  const location = locateAround(process.cwd())
  if (location.bare || location.topLevel === undefined) {
    throw noWorkingTree(location, 'to record')
  }
  requireFoldersSync(location)
  return location
}

function locateAround(cwd: string): RepositoryLocation {
  try {
    return locateRepositorySync(cwd)
  } catch (error) {
    const folder = scriptFolder()
    if (!isFlorError(error, 'NOT_A_REPOSITORY') || folder === undefined || !existsSync(folder)) throw error
    return locateRepositorySync(folder)
  }
}

function endOf(
  how: { exitCode?: number; signal?: string },
  durationMs: number,
  cpu: NodeJS.CpuUsage,
): RunEnd {
  const { exitCode, signal } = how
  const status = signal !== undefined ? 'interrupted' : (exitCode ?? 0) === 0 ? 'completed' : 'failed'
  return {
    status,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    durationMs,
    cpuMs: (cpu.user + cpu.system) / 1000,
  }
}

/**
 * Turns the spool into the run's note, in a process that the exit does not wait for. If it cannot, the next
 * command does.
 */
function sealInBackground(location: RepositoryLocation, id: string): void {
  if (environment.sealsLater || !existsSync(commandPath)) return
  try {
    const child = spawn(process.execPath, [commandPath, 'seal', '--quiet', '--spool', id], {
      cwd: location.topLevel,
      detached: true,
      stdio: 'ignore',
      windowsHide: true,
    })
    child.on('error', () => {})
    child.unref()
  } catch {
    // No process to be had: the next command seals.
  }
}

function tellLeftOut(leftOut: readonly { readonly path: string; readonly reason: string }[]): void {
  const shown = leftOut.slice(0, 3).map(({ path, reason }) => `${path} (${reason})`)
  const more = leftOut.length > 3 ? ` and ${leftOut.length - 3} more` : ''
  warnOnce(`left out of the run commit: ${shown.join(', ')}${more}`)
}
