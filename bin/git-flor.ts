import { runProcess } from '../lib/cli/process.js'

// scripts/bundle.mjs makes one file of this, and the executable that loads it.
void runProcess()
