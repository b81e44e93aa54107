import { runProcess } from '../lib/cli/process.js'

// scripts/bundle.mjs makes one file of this; bin/launch.cjs is the executable that loads it.
void runProcess()
