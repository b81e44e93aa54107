#!/usr/bin/env node
import module from 'node:module'

// Node 22 and later: keeps compiled code between runs, which halves the time to load a chunk.
const { enableCompileCache } = module as { enableCompileCache?: () => unknown }
enableCompileCache?.()

const { runProcess } = await import('../lib/cli/process.js')
await runProcess()
